package web

import (
	"net/http"
	"time"
)

// maxHeaderBytes is how much a call's headers may hold; more is answered 431.
const maxHeaderBytes = 64 << 10

// NewServer returns a server whose callers cannot hold on to it: headers within 5 s, the whole call
// within 10 s, the answer within 30 s, silence for 60 s at most.
func NewServer(addr string, handler http.Handler) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		// net/http grants 4096 bytes above the figure.
		MaxHeaderBytes: maxHeaderBytes - 4096,
	}
}
