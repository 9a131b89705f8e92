package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"grapevine/connectors"
)

// columns are the names under which a column is known, in small letters and digits alone. The first is our
// own. Source of the others: the header of Shopify's export of orders, as its help page "Exporting orders"
// lists it ("Id", "Name", "Created at", "Subtotal", "Discount Code" …), and what people write.
var columns = map[string][]string{
	"order":     {"orderid", "id", "order"},
	"name":      {"name", "ordername", "ordernumber"},
	"placed":    {"placedat", "createdat", "orderdate", "date", "processedat"},
	"currency":  {"currency"},
	"total":     {"eligibletotal", "eligible", "subtotal", "total"},
	"email":     {"email"},
	"phone":     {"phone"},
	"customer":  {"customerid", "customer"},
	"first":     {"firstname"},
	"last":      {"lastname"},
	"codes":     {"codes", "code", "discountcode", "discountcodes", "coupon", "couponcode"},
	"discount":  {"discountamount", "discount"},
	"country":   {"shippingcountry", "billingcountry", "country", "countrycode"},
	"refunded":  {"refundedamount", "refunded"},
	"cancelled": {"cancelledat", "canceledat", "cancelled", "canceled"},
	"paid":      {"paidat", "paid"},
	"payment":   {"financialstatus", "payment", "paymentstatus"},
	"test":      {"test"},
	"products":  {"products", "productids", "productid"},
	"pieces":    {"lineitemquantity", "pieces", "quantity"},
}

var required = []string{"order", "placed", "currency", "total"}

// called are the names of the required columns in the documentation.
var called = map[string]string{"order": "order_id", "placed": "placed_at", "currency": "currency", "total": "eligible_total"}

// csvOrders reads orders from a CSV file, line by line.
type csvOrders struct {
	csv    *csv.Reader
	at     map[string]int // column by our name
	header []string
	zone   *time.Location
	comma  bool // amounts may have a decimal comma: the fields are not divided by one
	open   *csvOrder
	done   *imported
	reject *rejects
}

// importFile reads a file of orders. A line that cannot be understood is kept aside with the reason.
func importFile(ctx context.Context, path string, shop connectors.Shop, zone *time.Location, sink *orderSink) error {
	f, err := os.Open(path)
	if err != nil {
		return useError{err}
	}
	defer f.Close()
	in, err := newCSVOrders(f, zone)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	in.done, in.reject = sink.done, &rejects{path: path + ".rejects.csv", header: in.header, off: sink.dry}
	for {
		o, err := in.next(shop.Currency)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = sink.add(ctx, o)
		}
		if err != nil {
			return errors.Join(err, in.reject.close(sink.done))
		}
	}
	return in.reject.close(sink.done)
}

func newCSVOrders(r io.Reader, zone *time.Location) (*csvOrders, error) {
	buffer := bufio.NewReaderSize(r, 1<<16)
	if bom, err := buffer.Peek(3); err == nil && bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		buffer.Discard(3)
	}
	head, err := buffer.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	c := &csvOrders{csv: csv.NewReader(buffer), at: map[string]int{}, zone: zone}
	c.csv.Comma = separator(head)
	c.comma = c.csv.Comma != ','
	c.csv.FieldsPerRecord, c.csv.ReuseRecord = -1, true
	first, err := c.csv.Read()
	if err != nil {
		return nil, misuse("there is no header: %w", err)
	}
	c.header = slices.Clone(first)
	for name, aliases := range columns {
		for _, alias := range aliases {
			if i := slices.IndexFunc(first, func(h string) bool { return headerName(h) == alias }); i >= 0 {
				c.at[name] = i
				break
			}
		}
	}
	for _, name := range required {
		if _, ok := c.at[name]; !ok {
			return nil, misuse("no column %s: the first line has to name it, or what it is also known as (docs/simulation.md has all columns)", called[name])
		}
	}
	return c, nil
}

// separator is what divides most fields of the first line.
func separator(head []byte) rune {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	best, most := ',', bytes.Count(line, []byte(","))
	for _, r := range ";\t" {
		if n := bytes.Count(line, []byte(string(r))); n > most {
			best, most = r, n
		}
	}
	return best
}

// headerName leaves small letters and digits.
func headerName(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// rejects is the file of refused lines, made with the first of them.
type rejects struct {
	path   string
	header []string
	off    bool
	file   *os.File
	csv    *csv.Writer
	err    error
}

func (r *rejects) add(line int, why string, fields []string) {
	if r.off || r.err != nil {
		return
	}
	if r.file == nil {
		if r.err = r.open(); r.err != nil {
			return
		}
		r.csv = csv.NewWriter(r.file)
		r.err = r.csv.Write(append([]string{"Rejected line", "Rejected because"}, r.header...))
	}
	if r.err == nil {
		r.err = r.csv.Write(append([]string{strconv.Itoa(line), why}, fields...))
	}
}

// open makes the file, beside those of earlier imports: somebody may be mending one of them.
func (r *rejects) open() (err error) {
	base := strings.TrimSuffix(r.path, ".csv")
	for n := 2; ; n++ {
		r.file, err = os.OpenFile(r.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if !errors.Is(err, fs.ErrExist) || n > maxRejects {
			return err
		}
		r.path = fmt.Sprintf("%s-%d.csv", base, n)
	}
}

// maxRejects is how many files of refused lines stand beside a file at most.
const maxRejects = 100

func (r *rejects) close(done *imported) error {
	if r.file == nil {
		if r.err != nil {
			return useError{r.err}
		}
		return nil
	}
	r.csv.Flush()
	done.Rejects = r.path
	if err := errors.Join(r.err, r.csv.Error(), r.file.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", r.path, err)
	}
	return nil
}

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
