package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"rsc.io/qr"

	"grapevine/rewards"
	"grapevine/storage"
)

// ticketQRCmd draws a QR code.
type ticketQRCmd struct {
	Code string `arg:"" help:"The ticket's code, GV-…"`
	Out  string `required:"" placeholder:"FILE" help:"A file that ends in .png or .svg; - for SVG on standard output."`
	Shop string `placeholder:"ID" help:"Draw it only if this shop has such a ticket, and it lets somebody in."`
}

// Run draws the code as it stands on the ticket. Nothing but the code is in it.
func (c *ticketQRCmd) Run(ctx context.Context, s *settings, io streams) error {
	code, ok := rewards.FoldCode(c.Code)
	if !ok || !strings.HasPrefix(code, "GV-") {
		return misuse("%.40q is not the code of a ticket", c.Code)
	}
	if c.Shop != "" {
		err := s.with(ctx, func(db *storage.DB) error {
			t, err := db.Ticket(ctx, c.Shop, code)
			if err == nil && t.Status != rewards.StatusIssued {
				err = rewards.Errorf(rewards.Conflict, "ticket_reversed", "ticket %d of %s is %s", t.Number, t.Program, t.Status)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	drawn, err := drawQR(code, c.Out)
	if err != nil {
		return err
	}
	if c.Out == "-" {
		_, err = io.out.Write(drawn)
		return err
	}
	if err := os.WriteFile(c.Out, drawn, 0o600); err != nil { // who has it gets in
		return misuse("--out: %w", err)
	}
	_, err = fmt.Fprintln(io.err, "wrote "+c.Out)
	return err
}

const (
	qrScale = 8 // pixels a module
	qrQuiet = 4 // modules of white around: ISO/IEC 18004
)

// drawQR draws a text in the form that a file's name asks for.
func drawQR(text, file string) ([]byte, error) {
	code, err := qr.Encode(text, qr.M) // M: 15 % may be lost, for tickets get crumpled
	if err != nil {
		return nil, fmt.Errorf("drawing a QR code: %w", err)
	}
	switch ext := strings.ToLower(filepath.Ext(file)); {
	case file == "-", ext == ".svg":
		return qrSVG(code), nil
	case ext == ".png":
		code.Scale = qrScale
		return code.PNG(), nil
	}
	return nil, misuse("--out %s: the name has to end in .png or .svg, or be -", file)
}

// qrSVG draws each dark module as a square of a path.
func qrSVG(code *qr.Code) []byte {
	var b bytes.Buffer
	side := code.Size + 2*qrQuiet
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`,
		side, side, side*qrScale, side*qrScale, side, side)
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+qrQuiet, y+qrQuiet)
			}
		}
	}
	b.WriteString("\"/></svg>\n")
	return b.Bytes()
}
