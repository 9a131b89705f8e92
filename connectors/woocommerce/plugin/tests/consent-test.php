<?php
/**
 * With a consent plugin.
 */

use Grapevine\Referrals\Referral;

test(
	'without consent nothing is remembered, applied or noted',
	function () {
		Site::$consent = false;
		$shop          = Shop::open( array( 'anna-7q2m' => array() ) );
		request( array( 'ref' => ANNA ) );
		$shop->cart->fill( 20 );
		$order = new WC_Order();
		do_action( 'woocommerce_checkout_create_order', $order, array() );
		same( array( Site::$cookies, $shop->cart->applied, $order->meta ), array( array(), array(), array() ) );
	}
);

test(
	'with consent all is as ever',
	function () {
		$shop = Shop::open( array( 'anna-7q2m' => array() ) );
		request( array( 'ref' => ANNA ) );
		$shop->cart->fill( 20 );
		$order = new WC_Order();
		do_action( 'woocommerce_checkout_create_order', $order, array() );
		same( array( count( Site::$cookies ), $shop->cart->applied, $order->meta['_grapevine_ref'] ), array( 1, array( 'anna-7q2m' ), ANNA ) );
	}
);

test(
	'who withdraws her consent loses the cookie, and the draft its note',
	function () {
		$order = new WC_Order();
		request( array( 'ref' => ANNA ) );
		do_action( 'woocommerce_store_api_checkout_update_order_meta', $order );
		same( $order->meta['_grapevine_ref'], ANNA );
		Site::$consent = false;
		Site::$cookies = array();
		request( array(), came( ANNA ) );
		same( array( Site::$cookies[0][0], Site::$cookies[0][1], Site::$cookies[0][2]['expires'] < Site::$now ), array( 'grapevine_ref', '', true ) );
		same( ( new Referral() )->code(), '' );
		do_action( 'woocommerce_store_api_checkout_update_order_meta', $order );
		same( array( $order->meta, $order->saved ), array( array(), 2 ) );
	}
);

test(
	'another category can be asked for',
	function () {
		request();
		add_filter(
			'grapevine_referrals_consent_category',
			function () {
				return 'functional'; // Which this site's visitors never gave.
			}
		);
		same( Referral::allowed(), false );
	}
);

test(
	'the consent plugin is told that this one asks it',
	function () {
		request();
		same( apply_filters( 'wp_consent_api_registered_grapevine-referrals/grapevine-referrals.php', false ), true );
	}
);
