<?php
/**
 * The settings page.
 */

use Grapevine\Referrals\Settings;

/** Sends a form as somebody who may, unless told otherwise; returns how it ended. */
function send( $action, array $fields, array $rights = array( 'manage_woocommerce' ), $nonce = null ) {
	request();
	Site::$rights = $rights;
	$_POST        = $fields + array( '_wpnonce' => null === $nonce ? 'nonce-' . $action : $nonce );
	try {
		do_action( 'admin_post_' . $action );
	} catch ( Ended $end ) {
		$said = explode( 'grapevine_said=', $end->getMessage() );
		return end( $said );
	}
	throw new AssertionError( 'the request went on' );
}

/** The page, as somebody who may sees it. */
function page( $said = '' ) {
	request( array( 'grapevine_said' => $said ) );
	Site::$rights = array( 'manage_woocommerce' );
	do_action( 'admin_menu' );
	list( $parent, $right, $slug, $run ) = Site::$menu[0];
	same( array( $parent, $right, $slug ), array( 'woocommerce', 'manage_woocommerce', 'grapevine-referrals' ) );
	return printed( $run );
}

const FORM = array(
	'server'     => ' https://refer.example.com/ ',
	'shop'       => 'shop_7k2m',
	'token'      => 'gv_SECRETSECRETSECRET',
	'invitation' => '10 € for <b>you</b>',
	'thankyou'   => '1',
);

test(
	'what is typed is stored, the token apart and not loaded with every page',
	function () {
		same( send( 'grapevine_referrals_save', FORM ), 'saved' );
		same(
			Site::$options['grapevine_referrals_settings'],
			array(
				'server'     => 'https://refer.example.com',
				'shop'       => 'shop_7k2m',
				'invitation' => '10 € for you',
				'thankyou'   => true,
				'account'    => false,
			)
		);
		same( array( Site::$options['grapevine_referrals_token'], Site::$autoload['grapevine_referrals_token'] ), array( 'gv_SECRETSECRETSECRET', false ) );
		same( Site::$options['grapevine_referrals_flush'], 1, 'the account page was switched off:' );
	}
);

test(
	'who may not, or was sent by another site, changes nothing',
	function () {
		foreach ( array( 'grapevine_referrals_save', 'grapevine_referrals_test' ) as $action ) {
			same( send( $action, FORM, array( 'edit_posts' ) ), 'died 403' );
			same( send( $action, FORM, array( 'manage_woocommerce' ), '' ), 'nonce' );
			same( send( $action, FORM, array( 'manage_woocommerce' ), 'nonce-other' ), 'nonce' );
		}
		same( array( Site::$options, Site::$requests ), array( array(), array() ) );
		request();
		Site::$rights = array( 'edit_posts' );
		same( printed( function () {
			do_action( 'admin_menu' );
			call_user_func( Site::$menu[0][3] );
		} ), '' );
	}
);

test(
	'what cannot be right is not stored',
	function () {
		foreach ( array(
			'http://refer.example.com', 'ftp://refer.example.com', 'refer.example.com', 'javascript:alert(1)', 'https://', 'https://a b',
			'https://user:pass@refer.example.com', 'https://refer.example.com/?x=1', 'https://refer.example.com/#x', 'https://refer.example.com/"><script>',
			'https://' . str_repeat( 'a', 300 ) . '.example', "https://refer.example.com\nx",
		) as $address ) {
			same( send( 'grapevine_referrals_save', array( 'server' => $address ) + FORM ), 'server', $address );
		}
		foreach ( array( 'shop', 'SHOP_1', 'shop_1/../x', 'shop_<b>', 'tok_1' ) as $id ) {
			same( send( 'grapevine_referrals_save', array( 'shop' => $id ) + FORM ), 'shop_id', $id );
		}
		foreach ( array( 'short', "gv_SECRET\r\nX-Evil: 1", 'gv SECRET SECRET', str_repeat( 'a', 257 ) ) as $token ) {
			same( send( 'grapevine_referrals_save', array( 'token' => $token ) + FORM ), 'token_form', $token );
		}
		same( send( 'grapevine_referrals_save', array( 'server' => array( 'https://refer.example.com' ), 'shop' => '', 'token' => '' ) + FORM ), 'saved', 'a list is nothing:' );
		same( Site::$options['grapevine_referrals_settings']['server'], '' );
	}
);

test(
	'addresses of this machine and below a path are taken',
	function () {
		foreach ( array( 'http://localhost:8080', 'http://127.0.0.1:8080', 'http://[::1]:8080', 'https://refer.example.com:8443/grapevine', 'HTTPS://refer.example.com' ) as $address ) {
			same( Settings::clean_server( $address ), $address );
		}
		same( Settings::clean_server( 'http://localhost.example.com' ), '' );
	}
);

test(
	'an empty token leaves the stored one, and another server has to be given one',
	function () {
		connect();
		same( send( 'grapevine_referrals_save', array( 'token' => '' ) + FORM ), 'saved' );
		same( Site::$options['grapevine_referrals_token'], 'gv_SECRETSECRETSECRET' );
		same( send( 'grapevine_referrals_save', array( 'token' => '', 'server' => 'https://evil.example' ) + FORM ), 'saved' );
		same( isset( Site::$options['grapevine_referrals_token'] ), false, 'the token went to another server:' );
		connect();
		same( send( 'grapevine_referrals_save', array( 'token' => '', 'forget' => '1' ) + FORM ), 'saved' );
		same( isset( Site::$options['grapevine_referrals_token'] ), false );
	}
);

test(
	'the page shows the settings, and of the token its last four letters',
	function () {
		connect();
		Site::$options['grapevine_referrals_settings']['invitation'] = '"><script>alert(1)</script>';
		$html = page();
		foreach ( array( 'value="https://refer.example.com"', 'value="shop_1"', 'placeholder="••••••••CRET"', 'nonce-grapevine_referrals_save', 'nonce-grapevine_referrals_test', 'name="thankyou" value="1" checked' ) as $want ) {
			same( false !== strpos( $html, $want ), true, $want . ' is not in ' . $html );
		}
		same( array( strpos( $html, 'SECRETSECRET' ), strpos( $html, '<script' ) ), array( false, false ), $html );
		Site::$options['grapevine_referrals_token'] = 'gv_SHORT';
		same( strpos( page(), 'SHORT' ), false, 'a short token shows nothing of itself:' );
	}
);

test(
	'the page says how it went in words of its own',
	function () {
		foreach ( array( 'saved', 'ok', 'settings', 'server', 'shop_id', 'token_form', 'unreachable', 'token', 'scope', 'shop', 'odd' ) as $word ) {
			same( substr_count( page( $word ), 'class="notice' ), 1, $word );
		}
		foreach ( array( 'other', '<script>alert(1)</script>', array( 'saved' ) ) as $word ) {
			$html = page( $word );
			same( array( strpos( $html, 'class="notice' ), strpos( $html, '<script' ) ), array( false, false ) );
		}
	}
);

test(
	'the test button tells what is wrong',
	function () {
		same( send( 'grapevine_referrals_test', array() ), 'settings' );
		same( Site::$requests, array() );
		foreach ( array(
			'ok'          => array( 422, '{"code":"bad_field"}' ),
			'token'       => array( 401, '{"code":"token_invalid"}' ),
			'scope'       => array( 403, '{"code":"scope_missing"}' ),
			'shop'        => array( 404, '{"code":"not_found"}' ),
			'odd'         => array( 404, '<html>' ),
			'unreachable' => new WP_Error( 'http_request_failed' ),
		) as $word => $answer ) {
			connect();
			Site::$answer = $answer;
			same( send( 'grapevine_referrals_test', array() ), $word );
		}
		same( json_decode( Site::$requests[0][1]['body'], true ), array( 'customer_id' => '' ), 'nobody is made an advocate:' );
		foreach ( array( array( 200, '{}' ), array( 204, '' ), array( 422, '{"code":["bad_field"]}' ), array( 500, 'x' ) ) as $answer ) {
			connect();
			Site::$answer = $answer;
			same( send( 'grapevine_referrals_test', array() ), 'odd' );
		}
	}
);

test(
	'words for the privacy policy name the cookie',
	function () {
		request();
		do_action( 'admin_init' );
		same( false !== strpos( Site::$policy, 'grapevine_ref' ), true, Site::$policy );
	}
);

test(
	'deleting the plugin leaves none of its settings',
	function () {
		connect();
		request();
		connect();
		printed( function () {
			do_action( 'woocommerce_account_refer_endpoint', '' );
		} );
		Site::$options['blogname'] = 'Shop';
		Grapevine\Referrals\Share_Box::address_changed();
		Site::$transient['grapevine_referrals_away'] = array( 1, Site::$now + 60 );
		define( 'WP_UNINSTALL_PLUGIN', 'grapevine-referrals/grapevine-referrals.php' );
		require dirname( __DIR__ ) . '/grapevine-referrals/uninstall.php';
		same( array( Site::$options, Site::$transient, Site::$meta ), array( array( 'blogname' => 'Shop' ), array(), array( 42 => array() ) ) );
	}
);
