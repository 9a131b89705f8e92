// Command pack writes the plugin for WooCommerce shops as a zip: pack FILE.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"grapevine/connectors/woocommerce/plugin"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: pack FILE")
		os.Exit(2)
	}
	if err := pack(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
	fmt.Println(os.Args[1])
}

// pack writes the zip beside its place and then moves it there: a half one is never found.
func pack(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	out, err := os.CreateTemp(dir, ".pack-*")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name()) // gone by then, if all went well
	if err := plugin.Pack(out); err != nil {
		out.Close()
		return err
	}
	if err := out.Chmod(0o644); err != nil {
		out.Close()
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	return os.Rename(out.Name(), path)
}
