// Package chart draws charts as SVG for reports and pages.
//
//	Figure ─▶ Stack ─▶ one SVG file
//	  └ panels: LineSpec (one to four series), BarSpec (horizontal bars with labels)
//
// A file stands alone: it brings its colours for light and dark, and a description of its figures for
// who cannot see it. On a page it takes the page's colours where that sets the variables --ink,
// --quiet, --line and --paper. Series differ by their dashes and bars carry their figures, so nothing
// is told by colour alone. The same input gives the same bytes: labels come from functions that are
// handed in, coordinates have one decimal, and no locale has a say.
package chart
