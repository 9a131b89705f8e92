<?php
/**
 * The box in which customers find their own code.
 *
 * @package GrapevineReferrals
 */

namespace Grapevine\Referrals;

defined( 'ABSPATH' ) || exit;

/**
 * Shows a signed-in customer her code and link, after an order and in "My account". Where there is no code,
 * there is no box.
 */
final class Share_Box {

	const ENDPOINT = 'refer';
	const FLUSH    = 'grapevine_referrals_flush'; // An option: the address of the account page is to be made known.

	/**
	 * What the owner set.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * Knows the codes.
	 *
	 * @var Server
	 */
	private $server;

	/**
	 * Takes what it works with.
	 *
	 * @param Settings $settings What the owner set.
	 * @param Server   $server   Knows the codes.
	 */
	public function __construct( Settings $settings, Server $server ) {
		$this->settings = $settings;
		$this->server   = $server;
	}

	/**
	 * Hangs itself on the shop's hooks. The block for the order's confirmation runs the classic hook as well.
	 */
	public function register() {
		add_action( 'wp_loaded', array( $this, 'make_address_known' ) );
		if ( $this->settings->shows( 'thankyou' ) ) {
			add_action( 'woocommerce_thankyou', array( $this, 'thank' ), 20 );
		}
		if ( $this->settings->shows( 'account' ) ) {
			add_filter( 'woocommerce_get_query_vars', array( $this, 'query_vars' ) );
			add_filter( 'woocommerce_account_menu_items', array( $this, 'menu' ) );
			add_filter( 'woocommerce_endpoint_' . self::ENDPOINT . '_title', array( $this, 'title' ) );
			add_action( 'woocommerce_account_' . self::ENDPOINT . '_endpoint', array( $this, 'account' ) );
		}
	}

	/**
	 * Has WordPress learn the addresses anew with the next request, when all plugins have named theirs.
	 */
	public static function address_changed() {
		update_option( self::FLUSH, 1 );
	}

	/**
	 * Does so.
	 */
	public function make_address_known() {
		if ( get_option( self::FLUSH ) ) {
			update_option( self::FLUSH, 0 ); // An option that is not there costs each page a look into the database.
			flush_rewrite_rules( false );
		}
	}

	/**
	 * Names the page in "My account" to WooCommerce.
	 *
	 * @param array $vars The endpoints.
	 * @return array
	 */
	public function query_vars( $vars ) {
		$vars[ self::ENDPOINT ] = self::ENDPOINT;
		return $vars;
	}

	/**
	 * Adds the page to the menu of "My account", before the way out.
	 *
	 * @param array $items Names by endpoint.
	 * @return array
	 */
	public function menu( $items ) {
		$last = array();
		if ( isset( $items['customer-logout'] ) ) {
			$last['customer-logout'] = $items['customer-logout'];
			unset( $items['customer-logout'] );
		}
		$items[ self::ENDPOINT ] = __( 'Recommend us', 'grapevine-referrals' );
		return $items + $last;
	}

	/**
	 * The page's title.
	 *
	 * @return string
	 */
	public function title() {
		return __( 'Recommend us', 'grapevine-referrals' );
	}

	/**
	 * The page in "My account".
	 */
	public function account() {
		$html = $this->box( wp_get_current_user() );
		if ( '' === $html ) {
			$html = '<p>' . esc_html__( 'There is nothing to share at the moment. Please look in again later.', 'grapevine-referrals' ) . '</p>';
		}
		echo $html; // phpcs:ignore WordPress.Security.EscapeOutput -- box() escapes every part.
	}

	/**
	 * After an order: for the customer whose order it is, and nobody else who has the page's address.
	 *
	 * @param int $order_id The order's number.
	 */
	public function thank( $order_id ) {
		$html = Guard::run(
			'thanking a customer',
			function () use ( $order_id ) {
				$order    = wc_get_order( $order_id );
				$customer = wp_get_current_user();
				return $order && $customer->ID && (int) $order->get_customer_id() === (int) $customer->ID ? $this->box( $customer ) : '';
			},
			''
		);
		echo $html; // phpcs:ignore WordPress.Security.EscapeOutput -- box() escapes every part.
	}

	/**
	 * The box, '' without a code.
	 *
	 * @param \WP_User $customer The customer.
	 * @return string
	 */
	public function box( $customer ) {
		return (string) Guard::run(
			'showing the share box',
			function () use ( $customer ) {
				$code = $customer && $customer->ID ? $this->server->code( $customer ) : '';
				if ( '' === $code ) {
					return '';
				}
				$base = plugins_url( 'assets/', dirname( __DIR__ ) . '/grapevine-referrals.php' );
				wp_enqueue_style( 'grapevine-referrals', $base . 'share.css', array(), VERSION );
				wp_enqueue_script( 'grapevine-referrals', $base . 'share.js', array(), VERSION, true );
				return $this->html( $code, add_query_arg( Referral::PARAMETER, rawurlencode( $code ), home_url( '/' ) ) );
			},
			''
		);
	}

	/**
	 * What the box is made of. The button appears once its script runs.
	 *
	 * @param string $code The customer's code.
	 * @param string $link Her link.
	 * @return string
	 */
	private function html( $code, $link ) {
		$says = $this->settings->invitation();
		if ( '' === $says ) {
			$says = __( 'Give your friends this code for the checkout, or send them your link.', 'grapevine-referrals' );
		}
		return '<section class="grapevine-share" aria-labelledby="grapevine-share-title">'
			. '<h2 id="grapevine-share-title">' . esc_html__( 'Recommend us to your friends', 'grapevine-referrals' ) . '</h2>'
			. '<p>' . esc_html( $says ) . '</p>'
			. '<p>' . esc_html__( 'Your code:', 'grapevine-referrals' ) . ' <strong class="grapevine-share-code" translate="no">' . esc_html( $code ) . '</strong></p>'
			. '<p><label for="grapevine-share-link">' . esc_html__( 'Your link', 'grapevine-referrals' ) . '</label>'
			. '<span class="grapevine-share-row"><input type="text" id="grapevine-share-link" readonly value="' . esc_url( $link ) . '">'
			. '<button type="button" class="button" hidden data-grapevine-copy="grapevine-share-link" data-done="' . esc_attr__( 'Copied.', 'grapevine-referrals' )
			. '" data-failed="' . esc_attr__( 'Press Ctrl or Cmd and C to copy.', 'grapevine-referrals' ) . '">' . esc_html__( 'Copy link', 'grapevine-referrals' ) . '</button></span>'
			. '<span class="grapevine-share-said" role="status"></span></p>'
			. '</section>';
	}
}
