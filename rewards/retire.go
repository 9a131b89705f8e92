package rewards

import "strings"

// RetireSubject names the job that stops one friend code of a programme in the shop.
func RetireSubject(program, folded string) string { return program + "/" + folded }

// CutRetire takes the subject of a JobRetire apart. Neither part can hold a slash.
func CutRetire(subject string) (program, folded string, ok bool) { return strings.Cut(subject, "/") }
