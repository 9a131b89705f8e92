package programfile

// check looks at the programme as a whole.
func (f *File) check() Problems { return nil }
