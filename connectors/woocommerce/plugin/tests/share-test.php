<?php
/**
 * The share box and the calls for it.
 */

use Grapevine\Referrals\Server;
use Grapevine\Referrals\Share_Box;
use Grapevine\Referrals\Settings;

/** A box over the settings that are stored. */
function box() {
	$settings = new Settings();
	return ( new Share_Box( $settings, new Server( $settings ) ) )->box( Site::$user );
}

test(
	'the customer sees her code and link, and the server is asked as its API wants',
	function () {
		connect();
		Site::$meta[42]['first_name'] = "  Anna\n\t ";
		Site::$locale = 'de_DE_formal';
		$html = box();
		foreach ( array( '>' . ANNA . '</strong>', 'value="https://shop.example/?ref=' . ANNA . '"', 'data-grapevine-copy="grapevine-share-link"' ) as $want ) {
			same( false !== strpos( $html, $want ), true, $want . ' is not in ' . $html );
		}
		same( Site::$enqueued, array( 'https://shop.example/wp-content/plugins/grapevine-referrals/assets/share.css', 'https://shop.example/wp-content/plugins/grapevine-referrals/assets/share.js' ) );
		same( count( Site::$requests ), 1 );
		list( $url, $with ) = Site::$requests[0];
		same( $url, 'https://refer.example.com/api/v1/shops/shop_1/advocates' );
		same( json_decode( $with['body'], true ), array( 'customer_id' => '42', 'email' => 'anna@example.com', 'first_name' => 'Anna', 'locale' => 'de-DE-formal' ) );
		same( array( $with['timeout'], $with['redirection'], $with['headers']['Authorization'] ), array( 3, 0, 'Bearer gv_SECRETSECRETSECRET' ) );
		same( false === strpos( $html, 'gv_' ), true, 'the token is on the page' );
	}
);

test(
	'odd names, addresses and languages are left out',
	function () {
		connect();
		Site::$user = new WP_User( 42, 'not an address' );
		Site::$meta[42]['first_name'] = str_repeat( 'x', 101 );
		Site::$locale = '../../etc';
		box();
		same( json_decode( Site::$requests[0][1]['body'], true ), array( 'customer_id' => '42' ) );
	}
);

test(
	'the answer is kept for a day, for this server and shop only',
	function () {
		connect();
		box();
		Site::$now += 86000;
		same( false !== strpos( box(), ANNA ), true );
		same( count( Site::$requests ), 1, 'within the day:' );
		Site::$now += 1000;
		box();
		same( count( Site::$requests ), 2, 'after it:' );
		Site::$options['grapevine_referrals_settings']['shop'] = 'shop_2';
		Site::$answer = array( 200, '{"code":"' . BEN . '","status":"pending"}' );
		same( false !== strpos( box(), BEN ), true, 'of another shop:' );
		Site::$now += 301;
		box();
		same( count( Site::$requests ), 4, 'a code that is not confirmed is asked for again:' );
	}
);

test(
	'whatever is wrong with the server, the page has no box and nothing breaks',
	function () {
		foreach ( array(
			'away'             => new WP_Error( 'http_request_failed' ),
			'slow'             => new WP_Error( 'timeout' ),
			'a fault'          => array( 500, 'oops' ),
			'a proxy'          => array( 502, '<html><script>alert(1)</script>' ),
			'a redirect'       => array( 302, '' ),
			'a token refused'  => array( 401, '{"code":"token_invalid"}' ),
			'no JSON'          => array( 200, '<html>' ),
			'JSON, but a list' => array( 200, '[]' ),
			'a number'         => array( 200, '7' ),
			'no code'          => array( 201, '{"status":"active"}' ),
			'a code of markup' => array( 201, '{"code":"<script>alert(1)</script>","status":"active"}' ),
			'a code of lists'  => array( 201, '{"code":["ANNA"],"status":"active"}' ),
			'a throw'          => new RuntimeException( 'anna@example.com' ),
		) as $name => $answer ) {
			Site::reset();
			connect();
			Site::$answer = $answer;
			same( box(), '', $name );
			same( Site::$enqueued, array(), $name );
			same( false === strpos( implode( Site::$logged ), 'anna' ), true, 'the log names the customer' );
		}
	}
);

test(
	'after a failed call nobody waits for a minute, and an older answer is shown for a week',
	function () {
		connect();
		box();
		Site::$now   += 2 * 86400;
		Site::$answer = new WP_Error( 'http_request_failed' );
		same( false !== strpos( box(), ANNA ), true, 'an answer of two days ago:' );
		same( count( Site::$requests ), 2 );
		Site::$user = new WP_User( 43, 'ben@example.com' );
		same( box(), '' );
		same( count( Site::$requests ), 2, 'within the minute:' );
		Site::$now += 61;
		box();
		same( count( Site::$requests ), 3, 'after it:' );
		Site::$user = new WP_User( 42, 'anna@example.com' );
		Site::$now += 6 * 86400;
		same( box(), '', 'after a week:' );
	}
);

test(
	'who has nothing to share sees no box, and is not asked about at each page',
	function () {
		foreach ( array(
			'blocked' => array( 200, '{"code":"' . ANNA . '","status":"blocked"}' ),
			'retired' => array( 200, '{"code":"' . ANNA . '","status":"retired"}' ),
			'failed'  => array( 200, '{"code":"' . ANNA . '","status":"failed"}' ),
			'refused' => array( 422, '{"code":"bad_field"}' ),
			'taken'   => array( 409, '{"code":"code_taken"}' ),
		) as $name => $answer ) {
			Site::reset();
			connect();
			Site::$answer = $answer;
			same( array( box(), box() ), array( '', '' ), $name );
			same( count( Site::$requests ), 1, $name );
			Site::$user   = new WP_User( 43, 'ben@example.com' );
			Site::$answer = array( 201, '{"code":"' . BEN . '","status":"active"}' );
			same( false !== strpos( box(), BEN ), true, $name . ', and another customer:' );
		}
	}
);

test(
	'nobody is asked about while settings are incomplete or nobody is signed in',
	function () {
		foreach ( array( 'server', 'shop' ) as $name ) {
			connect();
			unset( Site::$options['grapevine_referrals_settings'][ $name ] );
			same( box(), '' );
		}
		connect();
		Site::$options['grapevine_referrals_token'] = '';
		same( box(), '' );
		connect();
		Site::$user = new WP_User( 0 );
		same( box(), '' );
		Site::$options['grapevine_referrals_settings'] = 'spoilt';
		same( box(), '' );
		same( Site::$requests, array() );
	}
);

test(
	'all that is printed is escaped',
	function () {
		connect();
		Site::$options['grapevine_referrals_settings']['invitation'] = '"><script>alert(1)</script>';
		$html = box();
		same( false === strpos( $html, '<script' ), true, $html );
		same( false !== strpos( $html, '&quot;&gt;&lt;script&gt;' ), true, $html );
		Site::$meta[42]['_grapevine_advocate']['code'] = '<img src=x onerror=alert(1)>';
		same( box(), '', 'a spoilt answer in the database:' );
	}
);

test(
	'after an order the box is for the customer whose order it is',
	function () {
		connect();
		request();
		connect();
		$order           = new WC_Order();
		$order->customer = 42;
		Shop::$now->orders[9] = $order;
		$thank = function () {
			do_action( 'woocommerce_thankyou', 9 );
		};
		same( false !== strpos( printed( $thank ), ANNA ), true );
		Site::$user = new WP_User( 43, 'ben@example.com' );
		same( printed( $thank ), '', 'another customer:' );
		Site::$user      = new WP_User( 0 );
		$order->customer = 0;
		same( printed( $thank ), '', 'a guest:' );
		unset( Shop::$now->orders[9] );
		same( printed( $thank ), '', 'no order:' );
	}
);

test(
	'"My account" has a page of its own before the way out',
	function () {
		connect();
		request();
		connect();
		same( apply_filters( 'woocommerce_get_query_vars', array( 'orders' => 'orders' ) ), array( 'orders' => 'orders', 'refer' => 'refer' ) );
		same(
			apply_filters( 'woocommerce_account_menu_items', array( 'orders' => 'Orders', 'customer-logout' => 'Log out' ) ),
			array( 'orders' => 'Orders', 'refer' => 'Recommend us', 'customer-logout' => 'Log out' )
		);
		same( apply_filters( 'woocommerce_endpoint_refer_title', '' ), 'Recommend us' );
		$page = function () {
			do_action( 'woocommerce_account_refer_endpoint', '' );
		};
		same( false !== strpos( printed( $page ), ANNA ), true );
		Site::$meta   = array();
		Site::$answer = new WP_Error( 'timeout' );
		same( printed( $page ), '<p>There is nothing to share at the moment. Please look in again later.</p>' );
	}
);

test(
	'each place can be switched off',
	function () {
		connect();
		Site::$options['grapevine_referrals_settings'] += array( 'thankyou' => false, 'account' => false );
		request();
		same( array( isset( Site::$hooks['woocommerce_thankyou'] ), isset( Site::$hooks['woocommerce_account_menu_items'] ) ), array( false, false ) );
	}
);

test(
	'the address of the account page is made known once after activation',
	function () {
		call_user_func( Site::$activate );
		request();
		request();
		same( array( Site::$flushed, Site::$options['grapevine_referrals_flush'] ), array( 1, 0 ) );
	}
);
