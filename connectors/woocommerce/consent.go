package woocommerce

// appName is what a shop's owner reads on the page that asks for her consent.
const appName = "Grapevine"

// Locate brings an address that a person typed into the form that shops are stored by. Kind Invalid, code
// bad_shop_domain.
func (w *WooCommerce) Locate(address string) (domain string, err error) { return Domain(address) }

// ConsentURL is the page of a shop on which its owner lets Grapevine in. See AuthorizeURL.
func (w *WooCommerce) ConsentURL(domain, state, returnURL, callbackURL string) (string, error) {
	return AuthorizeURL(domain, appName, state, returnURL, callbackURL)
}

// ReadConsent reads what the shop sends then. See ReadCallback.
func (w *WooCommerce) ReadConsent(body []byte) (state, token string, err error) {
	return ReadCallback(body)
}
