<?php
/**
 * The note on the order, from both checkouts.
 */

test(
	'the classic checkout notes code and time',
	function () {
		request( array(), came( 'anna-7q2m', 3600 ) );
		$order = new WC_Order();
		do_action( 'woocommerce_checkout_create_order', $order, array() );
		same(
			$order->meta,
			array(
				'_grapevine_ref'    => ANNA,
				'_grapevine_ref_at' => '2026-11-18T10:06:40Z',
			)
		);
		same( $order->saved, 0, 'the checkout saves it:' );
	}
);

test(
	'the block checkout notes them on its draft and saves it',
	function () {
		request( array(), came( ANNA, 3600 ) );
		$order = new WC_Order();
		do_action( 'woocommerce_store_api_checkout_update_order_meta', $order );
		do_action( 'woocommerce_store_api_checkout_update_order_meta', $order );
		same(
			$order->meta,
			array(
				'_grapevine_ref'    => ANNA,
				'_grapevine_ref_at' => '2026-11-18T10:06:40Z',
			)
		);
		same( $order->saved, 2 );
	}
);

test(
	'without a link an order is not touched',
	function () {
		request();
		$order = new WC_Order();
		do_action( 'woocommerce_checkout_create_order', $order, array() );
		do_action( 'woocommerce_store_api_checkout_update_order_meta', $order );
		same( array( $order->meta, $order->saved ), array( array(), 0 ) );
	}
);

test(
	'an order that cannot be written to is still an order',
	function () {
		request( array(), came( ANNA ) );
		do_action( 'woocommerce_checkout_create_order', new stdClass(), array() );
		do_action( 'woocommerce_store_api_checkout_update_order_meta', null );
		same( count( Site::$logged ), 2 );
	}
);
