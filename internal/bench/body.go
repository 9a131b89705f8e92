package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

const (
	clientSecret = "shpss_benchmark"
	shops        = 20
	bodySize     = 5900 // bytes at least; Shopify's own sample orders have 6 to 11 kB
)

func domain(shop int) string { return fmt.Sprintf("bench-%02d.myshopify.com", shop) }

// addressOf is from where an order was placed; all are equally long.
func addressOf(id int64) string {
	return fmt.Sprintf("2001:db8:%04x:%04x::1", id>>16&0xffff, id&0xffff)
}

// orderBody is a paid order of the shape that Shopify sends, about 6 kB. It has no backslash in it, so
// that its text is also its bytea. code "" is an order without one.
func orderBody(id int64, code string, at time.Time) []byte {
	rng := rand.New(rand.NewPCG(uint64(id), 7))
	when := at.UTC().Format(time.RFC3339)
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"id":%d,"admin_graphql_api_id":"gid://shopify/Order/%d","app_id":580111,"browser_ip":"%s","buyer_accepts_marketing":false,`+
		`"cancel_reason":null,"cancelled_at":null,"cart_token":"%016x","checkout_id":%d,"closed_at":null,"confirmed":true,"created_at":"%s","currency":"USD",`+
		`"current_subtotal_price":"60.00","current_total_price":"65.00","customer_locale":"en","email":"friend-%d@example.com","estimated_taxes":false,`+
		`"financial_status":"paid","fulfillment_status":null,"landing_site":"/collections/all","name":"#%d","note":null,"note_attributes":[],"number":%d,`+
		`"payment_gateway_names":["bogus"],"presentment_currency":"USD","processed_at":"%s","source_name":"web","tags":"","tax_lines":[],"taxes_included":false,`+
		`"test":false,"token":"%016x%016x","updated_at":"%s",`,
		id, id, addressOf(id), rng.Uint64(), rng.Int64(), when, id, id%100000, id%100000, when, rng.Uint64(), rng.Uint64(), when)
	if code != "" {
		fmt.Fprintf(&b, `"discount_codes":[{"code":"%s","amount":"4.00","type":"percentage"}],"discount_applications":[{"target_type":"line_item",`+
			`"type":"discount_code","value":"10.0","value_type":"percentage","allocation_method":"across","target_selection":"all","code":"%s"}],`, code, code)
	} else {
		b.WriteString(`"discount_codes":[],"discount_applications":[],`)
	}
	fmt.Fprintf(&b, `"customer":{"id":%d,"created_at":"%s","updated_at":"%s","first_name":"Frida","last_name":"Example","state":"disabled","verified_email":true,`+
		`"email":"friend-%d@example.com","phone":null,"currency":"USD","admin_graphql_api_id":"gid://shopify/Customer/%d"},"fulfillments":[],"line_items":[`,
		id, when, when, id, id)
	for n := 0; n == 0 || b.Len() < bodySize-400; n++ {
		if n > 0 {
			b.WriteByte(',')
		}
		writeLine(&b, rng, code != "" && n == 0)
	}
	b.WriteString(`],"payment_terms":null,"refunds":[],"shipping_address":{"city":"Springfield","country_code":"US","province_code":"IL"},"shipping_lines":[` +
		`{"id":4501,"carrier_identifier":null,"code":"Standard","discounted_price":"5.00","price":"5.00","price_set":{"shop_money":{"amount":"5.00","currency_code":"USD"},` +
		`"presentment_money":{"amount":"5.00","currency_code":"USD"}},"source":"shopify","title":"Standard","tax_lines":[],"discount_allocations":[]}]}`)
	return b.Bytes()
}

func writeLine(b *bytes.Buffer, rng *rand.Rand, discounted bool) {
	id, price := 1e12+rng.Int64N(1e12), strconv.Itoa(10+rng.IntN(90))+".00"
	money := `{"shop_money":{"amount":"` + price + `","currency_code":"USD"},"presentment_money":{"amount":"` + price + `","currency_code":"USD"}}`
	fmt.Fprintf(b, `{"id":%d,"admin_graphql_api_id":"gid://shopify/LineItem/%d","current_quantity":1,"fulfillable_quantity":1,"fulfillment_service":"manual",`+
		`"fulfillment_status":null,"gift_card":false,"grams":%d,"name":"Stoneware mug %d","price":"%s","price_set":%s,"product_exists":true,"product_id":%d,`+
		`"properties":[],"quantity":1,"requires_shipping":true,"sku":"MUG-%d","taxable":true,"title":"Stoneware mug","total_discount":"0.00","variant_id":%d,`+
		`"vendor":"Example","tax_lines":[],"duties":[],"discount_allocations":[`,
		id, id, rng.IntN(2000), rng.IntN(50), price, money, 7000+rng.IntN(900), rng.IntN(100), 9000+rng.IntN(900))
	if discounted {
		b.WriteString(`{"amount":"4.00","amount_set":{"shop_money":{"amount":"4.00","currency_code":"USD"},"presentment_money":{"amount":"4.00","currency_code":"USD"}},"discount_application_index":0}`)
	}
	b.WriteString(`]}`)
}
