// Package access names what an API token may do. Storage keeps tokens, the API asks for them.
package access

// Scope is what a token may do; write includes read.
type Scope string

// The scopes.
const (
	Read  Scope = "read"
	Write Scope = "write"
)

// Token is a live token, without its secret.
type Token struct {
	ID     string
	ShopID string
	Scope  Scope
}

// May tells whether the token carries a scope.
func (t Token) May(s Scope) bool { return t.Scope == s || t.Scope == Write }
