// Package web is the frame that pages and the JSON API stand in: the middleware that every call passes,
// one error handler, and a server with limits.
//
//	call ─▶ request id ─▶ security headers ─▶ recover ─▶ limits ─▶ route
//	                                                                ├─ /webhooks/…  package webhooks
//	                                                                ├─ /api/v1/…    package api
//	                                                                ├─ /healthz …   package health
//	                                                                └─ /            package overview
//	answer ◀── problem.Handler ◀── error
package web
