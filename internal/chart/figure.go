package chart

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// All lengths are in the SVG's user units, pixels at its natural size.
const (
	figureWidth = 860.0
	margin      = 28.0
	inner       = figureWidth - 2*margin
	panelGap    = 34.0

	titleSize, headingSize, textSize, smallSize = 21.0, 15.5, 13.0, 12.0
)

// Figure is several charts under one another in one picture.
type Figure struct {
	// ID starts the ids inside, "chart" where it is empty. Pictures on one page need different ones:
	// letters, digits and hyphens.
	ID     string
	Title  string
	Note   string  // a sentence or two below the title, three lines at most
	Panels []Panel // at least one
}

// Panel is one chart of a figure: a LineSpec or a BarSpec.
type Panel interface {
	// head is its title, its note and the description for who cannot see it.
	head() (title, note, desc string)
	check() error
	// draw adds the chart below y and returns where it ends.
	draw(c *canvas, y float64) float64
}

// Lines draws one line chart as a standalone SVG file. Errors as Stack.
func Lines(s LineSpec) ([]byte, error) { return Stack(Figure{Panels: []Panel{s}}) }

// Bars draws one bar chart as a standalone SVG file. Errors as Stack.
func Bars(s BarSpec) ([]byte, error) { return Stack(Figure{Panels: []Panel{s}}) }

// Stack draws a figure as a standalone SVG file. It is an error of the caller, without a kind, if the
// figure has no panel, its ID cannot be one, or a panel's values do not fit together.
func Stack(f Figure) ([]byte, error) {
	if f.ID == "" {
		f.ID = "chart"
	}
	if !validID(f.ID) {
		return nil, fmt.Errorf("chart: %q cannot be an id", f.ID)
	}
	if len(f.Panels) == 0 {
		return nil, errors.New("chart: a figure needs a panel")
	}
	name, descs := f.Title, []string{f.Note}
	c, y := &canvas{}, margin
	if f.Title != "" {
		y = c.heading(y, "title", f.Title, titleSize, f.Note)
	}
	for i, p := range f.Panels {
		if err := p.check(); err != nil {
			return nil, err
		}
		title, note, desc := p.head()
		if name == "" {
			name = title
		} else if title != "" {
			descs = append(descs, strings.TrimRight(title, ".")+".")
		}
		descs = append(descs, note, desc)
		if i > 0 || f.Title != "" {
			y += panelGap - 12
		}
		y = p.draw(c, c.heading(y, "heading", title, headingSize, note))
	}
	return c.file(f.ID, name, strings.Join(descs, " "), y+margin-8), nil
}

func validID(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r != '-' && (r < '0' || r > '9')) {
			return false
		}
	}
	return true
}

// canvas collects the elements of a picture.
type canvas struct{ body bytes.Buffer }

// add writes one line.
func (c *canvas) add(format string, args ...any) { fmt.Fprintf(&c.body, format+"\n", args...) }

// text writes one text; anchor is start, middle or end.
func (c *canvas) text(x, y float64, class, anchor, s string) {
	c.add(`<text class="%s" x="%s" y="%s" text-anchor="%s">%s</text>`, class, point(x), point(y), anchor, escape(s))
}

// heading writes a title and the note below it, if there are any, and returns where they end.
func (c *canvas) heading(y float64, class, title string, size float64, note string) float64 {
	if title != "" {
		c.text(margin, y+size, class, "start", truncate(title, size*1.1, inner)) // bold is wider
		y += size + 8
	}
	for _, line := range wrap(note, textSize, inner, 3) {
		c.text(margin, y+textSize, "note", "start", line)
		y += textSize + 5
	}
	return y + 10
}

// nothing writes what stands in the place of a chart without data.
func (c *canvas) nothing(y float64, s string) float64 {
	if s == "" {
		s = "Nothing to show yet"
	}
	c.add(`<rect class="empty" x="%s" y="%s" width="%s" height="96" rx="8"/>`, point(margin), point(y), point(inner))
	c.text(figureWidth/2, y+53, "note", "middle", truncate(s, textSize, inner-40))
	return y + 96
}

// file puts the elements into a document.
func (c *canvas) file(id, title, desc string, height float64) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" class="gv-chart" role="img" aria-labelledby="%[1]s-title %[1]s-desc" `+
		`viewBox="0 0 %[2]s %[3]s" width="%[2]s" height="%[3]s">`+"\n", id, point(figureWidth), point(height))
	fmt.Fprintf(&out, "<title id=\"%[1]s-title\">%[2]s</title>\n<desc id=\"%[1]s-desc\">%[3]s</desc>\n", id, escape(title), escape(desc))
	fmt.Fprintf(&out, "<style>\n%s</style>\n<rect class=\"paper\" width=\"100%%\" height=\"100%%\"/>\n", style)
	out.Write(c.body.Bytes())
	out.WriteString("</svg>\n")
	return out.Bytes()
}
