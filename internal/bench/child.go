package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// child is a service that runs in a process of its own, so that its processor time is its own too.
type child struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Reader
}

// startChild runs this program as the service that s describes.
func startChild(s spec) (*child, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), serviceEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &child{cmd: cmd, stdin: stdin, lines: bufio.NewReader(stdout)}, nil
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// line reads one line that the child prints.
func (c *child) line() (string, error) {
	text, err := c.lines.ReadString('\n')
	if err != nil {
		return "", errors.Join(fmt.Errorf("the service ended early: %w", err), c.cmd.Wait())
	}
	return strings.TrimSpace(text), nil
}

// end closes the child's standard input and reads what it tells at its end.
func (c *child) end() (out outcome, err error) {
	c.stdin.Close()
	text, err := c.line()
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		return out, fmt.Errorf("reading %q: %w", text, err)
	}
	return out, c.cmd.Wait()
}

// kill ends a child whose measurement failed.
func (c *child) kill() {
	c.cmd.Process.Kill()
	c.cmd.Wait()
}
