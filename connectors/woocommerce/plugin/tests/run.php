<?php
/**
 * Runs the plugin's tests: php run.php [consent]. With "consent" the site has a consent plugin.
 */

error_reporting( E_ALL );
set_error_handler(
	function ( $level, $says, $file, $line ) {
		throw new ErrorException( $says, 0, $level, $file, $line );
	}
);
if ( ini_get( 'zend.assertions' ) !== '1' ) {
	fwrite( STDERR, "run with -d zend.assertions=1\n" );
	exit( 2 );
}

require __DIR__ . '/wordpress.php';
require dirname( __DIR__ ) . '/grapevine-referrals/grapevine-referrals.php';
Site::$options = array();
do_action( 'before_woocommerce_init' );
$main_hooks = Site::$hooks;

const ANNA = 'ANNA-7Q2M';
const BEN  = 'BEN-K4PW';

$tests = array();

/** Declares a test. */
function test( $says, $run ) {
	$GLOBALS['tests'][ $says ] = $run;
}

/** Demands that two values are the same. */
function same( $got, $want, $about = '' ) {
	if ( $got !== $want ) {
		throw new AssertionError( trim( $about . ' got ' . var_export( $got, true ) . ', want ' . var_export( $want, true ) ) );
	}
}

/** Starts the plugin as a request does, with what the browser sends. */
function request( array $query = array(), array $cookies = array() ) {
	Site::$hooks = array();
	foreach ( $GLOBALS['main_hooks'] as $name => $hooked ) {
		Site::$hooks[ $name ] = $hooked;
	}
	$_GET    = $query;
	$_COOKIE = $cookies;
	do_action( 'plugins_loaded' );
	do_action( 'wp_loaded' );
	do_action( 'template_redirect' );
}

/** The cookie of somebody who came by a link a while ago. */
function came( $code, $ago = 60 ) {
	return array( 'grapevine_ref' => $code . '.' . ( Site::$now - $ago ) );
}

/** The settings of a shop that is connected. */
function connect() {
	Site::$options['grapevine_referrals_settings'] = array( 'server' => 'https://refer.example.com', 'shop' => 'shop_1' );
	Site::$options['grapevine_referrals_token']    = 'gv_SECRETSECRETSECRET';
	Site::$user   = new WP_User( 42, 'anna@example.com' );
	Site::$answer = array( 201, '{"code":"' . ANNA . '","status":"active"}' );
}

/** What something prints. */
function printed( $run ) {
	ob_start();
	try {
		$run();
	} finally {
		$text = ob_get_clean();
	}
	return $text;
}

$with_consent = in_array( 'consent', $argv, true );
foreach ( $with_consent ? array( 'consent' ) : array( 'referral', 'cart', 'order', 'share', 'admin', 'source' ) as $name ) {
	require __DIR__ . '/' . $name . '-test.php';
}

$failed = 0;
foreach ( $tests as $says => $run ) {
	Site::reset();
	Shop::open( array() );
	try {
		$run();
	} catch ( Throwable $fault ) {
		++$failed;
		echo 'not ok - ', $says, ': ', $fault->getMessage(), ' (', basename( $fault->getFile() ), ':', $fault->getLine(), ")\n";
		continue;
	}
	echo 'ok - ', $says, "\n";
}
echo count( $tests ) - $failed, ' passed, ', $failed, " failed\n";
exit( $failed ? 1 : 0 );
