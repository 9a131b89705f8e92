package testdb

import (
	"errors"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// account is the system user that the server runs as. The zero account is "as we are".
type account struct {
	credential *syscall.Credential
}

// serverAccount picks who runs the server: PostgreSQL refuses to run as root, so root steps down
// to an account without rights of its own.
func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
		if errUID != nil || errGID != nil || uid == 0 {
			continue
		}
		return account{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return account{}, errors.New("running as root and there is no user postgres or nobody to run the server")
}

func (a account) sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Credential: a.credential,
		Setsid:     true, // ^C on the terminal is for the tests; the server is stopped in order
	}
}

func (a account) own(path string) error {
	if a.credential == nil {
		return nil
	}
	return os.Chown(path, int(a.credential.Uid), int(a.credential.Gid))
}
