package dst

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"grapevine/internal/secret"
	"grapevine/storage"
)

// memory is where the databases of the runs lie: in memory if there is room, "" for the temporary directory.
func memory() string {
	const dir, enough = "/dev/shm", 1 << 28
	var fs syscall.Statfs_t
	if syscall.Statfs(dir, &fs) == nil && fs.Bavail*uint64(fs.Bsize) >= enough {
		return dir
	}
	return ""
}

// template is an empty database of the present schema: to migrate one takes longer than a run.
var template = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp(memory(), "gvdst-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "template.db")
	db, err := storage.Open(context.Background(), storage.Options{URL: "sqlite:" + file, MasterKeys: []secret.Text{masterKey}})
	if err != nil {
		return nil, err
	}
	if _, _, err := db.Migrate(context.Background()); err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	if info, err := os.Stat(file + "-wal"); err == nil && info.Size() > 0 {
		return nil, fmt.Errorf("dst: the template is still open: its log has %d bytes", info.Size())
	}
	return os.ReadFile(file)
})

func copyTemplate(to string) error {
	image, err := template()
	if err != nil {
		return err
	}
	return os.WriteFile(to, image, 0o600)
}
