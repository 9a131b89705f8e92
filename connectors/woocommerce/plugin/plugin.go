// Package plugin is the plugin that WooCommerce shops can install: it keeps the code of a friend's link until
// the checkout and shows customers their own. It is written in PHP, below grapevine-referrals; here is what
// packs it and, in the tests, what runs its own tests and shows its pages to a browser.
package plugin

import (
	"archive/zip"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"time"
)

// Folder is the name of the plugin and of the one folder in its zip.
const Folder = "grapevine-referrals"

//go:embed grapevine-referrals
var files embed.FS

// packed is the time of every file in the zip: the earliest that the format knows.
var packed = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// Pack writes the plugin as the zip that WordPress installs. The same source gives the same bytes: names are
// sorted, times fixed, and nothing is compressed, because another version of Go may compress otherwise.
func Pack(w io.Writer) error {
	z := zip.NewWriter(w)
	err := fs.WalkDir(files, Folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := files.ReadFile(path)
		if err != nil {
			return err
		}
		header := &zip.FileHeader{Name: path, Method: zip.Store, Modified: packed}
		header.SetMode(0o644)
		out, err := z.CreateHeader(header)
		if err != nil {
			return err
		}
		_, err = out.Write(text)
		return err
	})
	if err != nil {
		return fmt.Errorf("packing the plugin: %w", err)
	}
	return z.Close()
}
