// Package secret keeps what must not be read by others: it seals values for the database, derives keys
// for look-ups of people, hashes tokens, and prints as *** what slips into a log.
//
//	master key (32 bytes, environment or file)
//	   ├─ HKDF "seal"           ─▶ AES-256-GCM: version, key id, nonce, ciphertext; bound to its place
//	   ├─ HKDF "lookup", shop   ─▶ HMAC-SHA256: find a person by e-mail without storing the e-mail
//	   └─ HKDF "sign"           ─▶ HMAC-SHA256: recognise what we handed out ourselves
//
// A sealed value names its key, so that an older key can still open it after a rotation.
package secret
