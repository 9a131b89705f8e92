<?php
/**
 * Plugin Name:          Grapevine Referrals for WooCommerce
 * Description:          Keeps a friend's referral code until checkout, and shows customers their own code and link. Talks to your own Grapevine server and to nobody else.
 * Version:              0.1.0
 * Requires at least:    6.2
 * Requires PHP:         7.4
 * Requires Plugins:     woocommerce
 * WC requires at least: 8.0
 * Text Domain:          grapevine-referrals
 * Domain Path:          /languages
 *
 * @package GrapevineReferrals
 */

namespace Grapevine\Referrals;

defined( 'ABSPATH' ) || exit;

const VERSION = '0.1.0';

require_once __DIR__ . '/includes/class-settings.php';
require_once __DIR__ . '/includes/class-guard.php';
require_once __DIR__ . '/includes/class-referral.php';
require_once __DIR__ . '/includes/class-cart.php';
require_once __DIR__ . '/includes/class-order-note.php';
require_once __DIR__ . '/includes/class-server.php';
require_once __DIR__ . '/includes/class-share-box.php';
require_once __DIR__ . '/includes/class-settings-page.php';

/**
 * Hooks everything up. Without WooCommerce nothing is: the plugin is then a row in the list of plugins.
 */
function start() {
	if ( ! class_exists( 'WooCommerce' ) ) {
		return;
	}
	$settings = new Settings();
	$referral = new Referral();
	$server   = new Server( $settings );
	$referral->register();
	( new Cart( $referral ) )->register();
	( new Order_Note( $referral ) )->register();
	( new Share_Box( $settings, $server ) )->register();
	( new Settings_Page( $settings, $server ) )->register();
}

/**
 * Tells WooCommerce that orders are only touched through its own objects, wherever it keeps them, and that the
 * block checkout is served like the classic one.
 */
function declare_compatibility() {
	if ( class_exists( '\Automattic\WooCommerce\Utilities\FeaturesUtil' ) ) {
		\Automattic\WooCommerce\Utilities\FeaturesUtil::declare_compatibility( 'custom_order_tables', __FILE__, true );
		\Automattic\WooCommerce\Utilities\FeaturesUtil::declare_compatibility( 'cart_checkout_blocks', __FILE__, true );
	}
}

add_action( 'before_woocommerce_init', __NAMESPACE__ . '\declare_compatibility' );
add_action( 'plugins_loaded', __NAMESPACE__ . '\start' );
// Consent plugins ask every plugin whether it heeds what visitors agreed to. This one does.
add_filter( 'wp_consent_api_registered_' . plugin_basename( __FILE__ ), '__return_true' );

register_activation_hook( __FILE__, array( Share_Box::class, 'address_changed' ) );
register_deactivation_hook( __FILE__, 'flush_rewrite_rules' );
