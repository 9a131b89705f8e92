<?php
/**
 * The coupon in the cart.
 */

/** Two friends' coupons. */
function coupons( array $more = array() ) {
	return $more + array(
		'anna-7q2m' => array(),
		'ben-k4pw'  => array(),
	);
}

test(
	'the coupon is there with the first thing in the cart, and nothing is said',
	function () {
		$shop = Shop::open( coupons() );
		request( array( 'ref' => ANNA ) );
		same( $shop->cart->applied, array() );
		$shop->cart->fill( 20 );
		same( $shop->cart->applied, array( 'anna-7q2m' ) );
		same( $shop->notices, array() );
	}
);

test(
	'a cart that was there before the link gets the coupon on that very page',
	function () {
		$shop              = Shop::open( coupons() );
		$shop->cart->total = 20; // From the session: nothing is calculated.
		request( array( 'ref' => ANNA ) );
		same( $shop->cart->applied, array( 'anna-7q2m' ) );
	}
);

test(
	'a coupon that does not fit yet is no error, and comes when it fits',
	function () {
		$shop          = Shop::open( coupons( array( 'anna-7q2m' => array( 'minimum' => 50 ) ) ) );
		$shop->notices = array( 'success' => array( '“Mug” has been added to your cart.' ) );
		request( array(), came( ANNA ) );
		$shop->cart->fill( 20 );
		same( $shop->cart->applied, array() );
		$shop->cart->fill( 60 );
		same( $shop->cart->applied, array( 'anna-7q2m' ) );
		same( $shop->notices, array( 'success' => array( '“Mug” has been added to your cart.' ) ) );
	}
);

test(
	'a coupon that WooCommerce took out comes back when it fits again',
	function () {
		$shop = Shop::open( coupons( array( 'anna-7q2m' => array( 'minimum' => 50 ) ) ) );
		request( array(), came( ANNA ) );
		$shop->cart->fill( 60 );
		$shop->cart->fill( 20 );
		same( $shop->cart->applied, array() );
		$shop->cart->fill( 70 );
		same( $shop->cart->applied, array( 'anna-7q2m' ) );
	}
);

test(
	'what the customer takes out stays out until she comes by a link again',
	function () {
		$shop = Shop::open( coupons() );
		request( array(), came( ANNA ) );
		$shop->cart->fill( 20 );
		$shop->cart->remove_coupon( 'anna-7q2m' );
		$shop->cart->fill( 30 );
		same( $shop->cart->applied, array() );
		request( array(), came( ANNA ) );
		same( $shop->cart->applied, array() );
		request( array( 'ref' => ANNA ), came( ANNA ) );
		same( $shop->cart->applied, array( 'anna-7q2m' ) );
	}
);

test(
	'a link gives no coupon away that is not a friend\'s',
	function () {
		foreach ( array( '', 'reward', 'credit', 'offer' ) as $kind ) {
			$shop = Shop::open( coupons( array( 'vip-100' => array( 'kind' => $kind ) ) ) );
			request( array( 'ref' => 'VIP-100' ) );
			$shop->cart->fill( 20 );
			same( $shop->cart->applied, array(), $kind . ':' );
		}
	}
);

test(
	'what she types herself is left alone',
	function () {
		$shop = Shop::open( coupons( array( 'summer' => array( 'alone' => true ) ) ) );
		$shop->cart->total = 20;
		$shop->cart->apply_coupon( 'summer' );
		$shop->notices = array();
		request( array( 'ref' => ANNA ) );
		same( $shop->cart->applied, array( 'summer' ), 'beside one that stands alone:' );
		same( $shop->notices, array() );

		$shop = Shop::open( coupons( array( 'anna-7q2m' => array( 'alone' => true ), 'summer' => array() ) ) );
		$shop->cart->total = 20;
		$shop->cart->apply_coupon( 'summer' );
		request( array( 'ref' => ANNA ) );
		same( $shop->cart->applied, array( 'summer' ), 'ours stands alone:' );
		$shop->cart->remove_coupon( 'summer' );
		same( $shop->cart->applied, array( 'anna-7q2m' ), 'once hers is gone:' );
	}
);

test(
	'the code of a later link takes the place of the earlier one, and a typed one stays',
	function () {
		$shop = Shop::open( coupons( array( 'summer' => array() ) ) );
		request( array(), came( ANNA ) );
		$shop->cart->fill( 20 );
		$shop->cart->apply_coupon( 'summer' );
		request( array( 'ref' => BEN ), came( ANNA ) );
		same( $shop->cart->applied, array( 'summer', 'ben-k4pw' ) );
	}
);

test(
	'where the later code is refused the earlier one stays',
	function () {
		$shop = Shop::open( coupons( array( 'ben-k4pw' => array( 'minimum' => 500 ) ) ) );
		request( array(), came( ANNA ) );
		$shop->cart->fill( 20 );
		request( array( 'ref' => BEN ), came( ANNA ) );
		same( $shop->cart->applied, array( 'anna-7q2m' ) );
		same( $shop->notices, array() );
	}
);

test(
	'codes that are no coupon are passed over in silence',
	function () {
		$shop = Shop::open( array( '17' => array( 'alias' => 'summer' ) ) );
		foreach ( array( 'NOBODY', '17' ) as $code ) {
			request( array( 'ref' => $code ) );
			$shop->cart->fill( 20 );
			same( array( $shop->cart->applied, $shop->notices ), array( array(), array() ), $code );
		}
	}
);

test(
	'a cart that another plugin calculates beside the customer\'s changes nothing',
	function () {
		$shop              = Shop::open( coupons() );
		request( array(), came( ANNA ) );
		$shop->cart->total = 20;
		$other             = clone $shop->cart;
		$other->calculate_totals();
		same( array( $other->applied, $shop->cart->applied ), array( array(), array() ) );
		$shop->cart->calculate_totals();
		same( array( $other->applied, $shop->cart->applied ), array( array(), array( 'anna-7q2m' ) ) );
	}
);

test(
	'a shop without coupons, cart or session is left alone',
	function () {
		$shop          = Shop::open( coupons() );
		$shop->enabled = false;
		request( array( 'ref' => ANNA ) );
		$shop->cart->fill( 20 );
		same( $shop->cart->applied, array() );
		foreach ( array( 'cart', 'session' ) as $lacking ) {
			$shop           = Shop::open( coupons() );
			$shop->$lacking = null;
			request( array( 'ref' => ANNA ) );
		}
		same( Site::$logged, array() );
	}
);

test(
	'a fault in a coupon does not stop the shop, and the log names no customer',
	function () {
		$shop = Shop::open( array( 'anna-7q2m' => array( 'throws' => true ) ) );
		request( array( 'ref' => ANNA ) );
		$shop->cart->fill( 20 );
		same( $shop->cart->applied, array() );
		same( count( Site::$logged ), 1 );
		same( 0 === strpos( Site::$logged[0], 'applying a referral: RuntimeException in woocommerce.php' ), true, Site::$logged[0] );
	}
);
