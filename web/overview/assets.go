package overview

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"
)

//go:embed static/overview.css
var stylesheet []byte

//go:embed static/mark.svg
var mark []byte

// file is served under a name that changes with its content, so that browsers may keep it for ever.
type file struct {
	name, path, media string
	body              []byte
}

func files() []file {
	return []file{
		hashed("overview", ".css", "text/css; charset=utf-8", stylesheet),
		hashed("mark", ".svg", "image/svg+xml", mark),
	}
}

func hashed(name, ext, media string, body []byte) file {
	sum := sha256.Sum256(body)
	return file{name: name + ext, path: "/assets/" + name + "-" + hex.EncodeToString(sum[:6]) + ext, media: media, body: body}
}

func (f file) serve(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	return c.Blob(http.StatusOK, f.media, f.body)
}

// asset returns the address of a file for the template.
func (p *Page) asset(name string) (string, error) {
	for _, f := range p.files {
		if f.name == name {
			return f.path, nil
		}
	}
	return "", fmt.Errorf("overview: there is no file %q", name)
}
