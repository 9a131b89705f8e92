package secret

import "log/slog"

// Text is a secret in plain words: a token, a password, a key. Every way of printing it gives ***;
// Reveal gives the words.
type Text string

const masked = "***"

// Reveal returns the secret itself, for the one call that needs it.
func (t Text) Reveal() string { return string(t) }

// String prints ***, or nothing for an empty secret.
func (t Text) String() string {
	if t == "" {
		return ""
	}
	return masked
}

// GoString is String, for %#v.
func (t Text) GoString() string { return t.String() }

// MarshalText is String, for JSON and the like.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// LogValue is String, for slog.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }
