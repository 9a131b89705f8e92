package storage

import (
	"bytes"
	"encoding/json"
)

// codesWithin asks about each "code" in a list of a record's JSON until one is found. It reads text that was
// written by json.Marshal; what it does not understand counts as found, so that the record is decoded.
func codesWithin(record []byte, list string, found func(code string) bool) bool {
	start := bytes.Index(record, []byte(list))
	if start < 0 {
		return false
	}
	rest := record[start+len(list):]
	depth, key := 0, false
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '{', '[':
			depth++
		case '}':
			depth--
		case ']':
			if depth--; depth < 0 {
				return false
			}
		case '"':
			end := closing(rest, i+1)
			if end < 0 {
				return true
			}
			text := rest[i+1 : end]
			if key {
				if key = false; found(spelled(text)) {
					return true
				}
			} else {
				key = string(text) == "code" && end+1 < len(rest) && rest[end+1] == ':'
			}
			i = end
		}
	}
	return true
}

// closing finds the quote that ends a string.
func closing(text []byte, from int) int {
	for i := from; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// spelled takes the escapes out of a string.
func spelled(text []byte) string {
	var s string
	if bytes.IndexByte(text, '\\') < 0 || json.Unmarshal([]byte(`"`+string(text)+`"`), &s) != nil {
		return string(text)
	}
	return s
}
