<?php
/**
 * Prints a page with the share box or the settings, for a browser: php render.php box|settings.
 */

require __DIR__ . '/wordpress.php';
require dirname( __DIR__ ) . '/grapevine-referrals/grapevine-referrals.php';

use Grapevine\Referrals\Server;
use Grapevine\Referrals\Settings;
use Grapevine\Referrals\Settings_Page;
use Grapevine\Referrals\Share_Box;

Site::reset();
Shop::open( array() );
Site::$options['grapevine_referrals_settings'] = array(
	'server'     => 'https://refer.example.com',
	'shop'       => 'shop_1',
	'invitation' => '"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>',
);
Site::$options['grapevine_referrals_token'] = 'gv_SECRETSECRETSECRET';
Site::$user   = new WP_User( 42, 'anna@example.com' );
Site::$rights = array( 'manage_woocommerce' );
Site::$answer = array( 201, '{"code":"ANNA-7Q2M","status":"active"}' );
$_GET         = array( 'grapevine_said' => 'saved' );

$settings = new Settings();
$server   = new Server( $settings );
ob_start();
if ( 'settings' === $argv[1] ) {
	( new Settings_Page( $settings, $server ) )->show();
} else {
	echo '<h1>Thank you</h1>', ( new Share_Box( $settings, $server ) )->box( Site::$user );
}
$body = ob_get_clean();
echo '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>A shop</title>';
foreach ( Site::$enqueued as $url ) {
	$file = basename( $url );
	if ( '.css' === substr( $file, -4 ) ) {
		echo '<link rel="stylesheet" href="/', esc_attr( $file ), '">';
	}
}
echo '</head><body><main>', $body, '</main>';
foreach ( Site::$enqueued as $url ) {
	$file = basename( $url );
	if ( '.js' === substr( $file, -3 ) ) {
		echo '<script src="/', esc_attr( $file ), '"></script>';
	}
}
echo '</body></html>';
