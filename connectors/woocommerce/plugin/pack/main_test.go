package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"grapevine/connectors/woocommerce/plugin"
)

func TestPackWritesTheZipAndNothingElse(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "dist")
	path := filepath.Join(dir, "plugin.zip")
	for range 2 { // over the one that is there, too
		if err := pack(path); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := plugin.Pack(&want); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Error("the file is not the zip")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("in the folder are %v, %v", left, err)
	}
}

func TestPackSaysWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := pack(filepath.Join(file, "plugin.zip")); err == nil {
		t.Error("a file was taken for a folder")
	}
}
