<?php
/**
 * WooCommerce → Grapevine.
 *
 * @package GrapevineReferrals
 */

namespace Grapevine\Referrals;

defined( 'ABSPATH' ) || exit;

/**
 * The settings page and what its two forms do. Whoever manages the shop may see and change it.
 */
final class Settings_Page {

	const SLUG  = 'grapevine-referrals';
	const RIGHT = 'manage_woocommerce';
	const SAVE  = 'grapevine_referrals_save';
	const TEST  = 'grapevine_referrals_test';
	const SAID  = 'grapevine_said'; // In the address after a form: a word of messages().

	/**
	 * What the owner set.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * Tries the settings.
	 *
	 * @var Server
	 */
	private $server;

	/**
	 * Takes what it works with.
	 *
	 * @param Settings $settings What the owner set.
	 * @param Server   $server   Tries the settings.
	 */
	public function __construct( Settings $settings, Server $server ) {
		$this->settings = $settings;
		$this->server   = $server;
	}

	/**
	 * Hangs itself on the admin's hooks.
	 */
	public function register() {
		add_action( 'admin_menu', array( $this, 'menu' ), 60 );
		add_action( 'admin_init', array( $this, 'privacy' ) );
		add_action( 'admin_post_' . self::SAVE, array( $this, 'save' ) );
		add_action( 'admin_post_' . self::TEST, array( $this, 'test' ) );
	}

	/**
	 * Adds the page to WooCommerce's menu.
	 */
	public function menu() {
		add_submenu_page( 'woocommerce', __( 'Grapevine referrals', 'grapevine-referrals' ), __( 'Grapevine', 'grapevine-referrals' ), self::RIGHT, self::SLUG, array( $this, 'show' ) );
	}

	/**
	 * Suggests words for the shop's privacy policy.
	 */
	public function privacy() {
		if ( function_exists( 'wp_add_privacy_policy_content' ) ) {
			wp_add_privacy_policy_content(
				__( 'Grapevine referrals', 'grapevine-referrals' ),
				'<p>' . esc_html__( 'If you come by a friend’s link, its code is kept in a cookie (grapevine_ref) for 30 days and noted on your order. If you look at your own code, your customer number, e-mail address, first name and language are passed to our own referral server.', 'grapevine-referrals' ) . '</p>'
			);
		}
	}

	/**
	 * Stores what was typed.
	 */
	public function save() {
		$this->guard( self::SAVE );
		$server = Settings::clean_server( $this->typed( 'server' ) );
		$shop   = Settings::clean_shop( $this->typed( 'shop' ) );
		$token  = Settings::clean_token( $this->typed( 'token' ) );
		$forget = '' !== $this->typed( 'forget' );
		$wrong  = $this->typed( 'server' ) !== '' && '' === $server ? 'server'
			: ( $this->typed( 'shop' ) !== '' && '' === $shop ? 'shop_id'
			: ( $this->typed( 'token' ) !== '' && '' === $token ? 'token_form' : '' ) );
		if ( '' !== $wrong ) {
			$this->back( $wrong );
		}
		// A token is for the server that it was given for: it must not go to another by a slip or a stolen form.
		if ( $server !== $this->settings->server() && '' === $token ) {
			$forget = true;
		}
		$was = $this->settings->shows( 'account' );
		$all = array(
			'server'     => $server,
			'shop'       => $shop,
			'invitation' => mb_substr( sanitize_text_field( $this->typed( 'invitation' ) ), 0, 300 ),
		);
		foreach ( array_keys( Settings::PLACES ) as $place ) {
			$all[ $place ] = '' !== $this->typed( $place );
		}
		if ( $forget ) {
			$this->settings->forget_token();
		}
		$this->settings->store( $all, $token );
		delete_transient( Server::AWAY );
		if ( $was !== $all['account'] ) {
			Share_Box::address_changed();
		}
		$this->back( 'saved' );
	}

	/**
	 * Tries what is stored.
	 */
	public function test() {
		$this->guard( self::TEST );
		$this->back( $this->server->check() );
	}

	/**
	 * Prints the page.
	 */
	public function show() {
		if ( ! current_user_can( self::RIGHT ) ) {
			return;
		}
		echo '<div class="wrap"><h1>' . esc_html__( 'Grapevine referrals', 'grapevine-referrals' ) . '</h1>';
		$this->say( isset( $_GET[ self::SAID ] ) ? sanitize_key( wp_unslash( $_GET[ self::SAID ] ) ) : '' ); // phpcs:ignore WordPress.Security.NonceVerification -- chooses a sentence.
		$this->open( self::SAVE );
		echo '<table class="form-table" role="presentation"><tbody>';
		$this->field( 'server', __( 'Server address', 'grapevine-referrals' ), 'url', $this->settings->server(), 'https://refer.example.com', __( 'Where your Grapevine server is reached.', 'grapevine-referrals' ) );
		$this->field( 'shop', __( 'Shop id', 'grapevine-referrals' ), 'text', $this->settings->shop(), 'shop_…', __( 'As “grapevine shop list” shows it.', 'grapevine-referrals' ) );
		$this->field( 'token', __( 'API token', 'grapevine-referrals' ), 'password', '', $this->masked(), __( 'From “grapevine token create --scope write”. Leave it empty to keep the one that is stored; with another server address it has to be given again.', 'grapevine-referrals' ) );
		$this->field( 'invitation', __( 'Words in the box', 'grapevine-referrals' ), 'text', $this->settings->invitation(), '', __( 'What friends and customers get, in your own words. Empty: a sentence of ours.', 'grapevine-referrals' ) );
		echo '</tbody></table><fieldset><legend class="screen-reader-text">' . esc_html__( 'Where the box is shown', 'grapevine-referrals' ) . '</legend>';
		$this->tick( 'thankyou', __( 'Show the box after an order', 'grapevine-referrals' ), $this->settings->shows( 'thankyou' ) );
		$this->tick( 'account', __( 'Show the box in “My account”', 'grapevine-referrals' ), $this->settings->shows( 'account' ) );
		echo '</fieldset>';
		$this->tick( 'forget', __( 'Forget the API token', 'grapevine-referrals' ), false );
		echo '<p class="submit"><button type="submit" class="button button-primary">' . esc_html__( 'Save', 'grapevine-referrals' ) . '</button></p></form>';
		$this->open( self::TEST );
		echo '<p><button type="submit" class="button">' . esc_html__( 'Test the connection', 'grapevine-referrals' ) . '</button></p></form></div>';
	}

	/**
	 * Opens a form that posts to us, with its nonce.
	 *
	 * @param string $action One of SAVE and TEST.
	 */
	private function open( $action ) {
		echo '<form method="post" action="' . esc_url( admin_url( 'admin-post.php' ) ) . '"><input type="hidden" name="action" value="' . esc_attr( $action ) . '">';
		wp_nonce_field( $action );
	}

	/**
	 * Prints a row with a field.
	 *
	 * @param string $name  The field's name.
	 * @param string $label What it is called.
	 * @param string $type  The input's type.
	 * @param string $value What is in it.
	 * @param string $hint  What stands in it while it is empty.
	 * @param string $help  A sentence below it.
	 */
	private function field( $name, $label, $type, $value, $hint, $help ) {
		$id = 'grapevine-' . $name;
		echo '<tr><th scope="row"><label for="' . esc_attr( $id ) . '">' . esc_html( $label ) . '</label></th><td>'
			. '<input class="regular-text" type="' . esc_attr( $type ) . '" id="' . esc_attr( $id ) . '" name="' . esc_attr( $name ) . '" value="' . esc_attr( $value )
			. '" placeholder="' . esc_attr( $hint ) . '" autocomplete="off" aria-describedby="' . esc_attr( $id ) . '-help">'
			. '<p class="description" id="' . esc_attr( $id ) . '-help">' . esc_html( $help ) . '</p></td></tr>';
	}

	/**
	 * Prints a box to tick.
	 *
	 * @param string $name  The field's name.
	 * @param string $label What it is called.
	 * @param bool   $on    Whether it is ticked.
	 */
	private function tick( $name, $label, $on ) {
		echo '<p><label><input type="checkbox" name="' . esc_attr( $name ) . '" value="1"' . ( $on ? ' checked' : '' ) . '> ' . esc_html( $label ) . '</label></p>';
	}

	/**
	 * The stored token as it may be seen: its last four letters, and not how long it is.
	 *
	 * @return string
	 */
	private function masked() {
		$token = $this->settings->token();
		return strlen( $token ) < 16 ? ( '' === $token ? '' : '••••••••' ) : '••••••••' . substr( $token, -4 );
	}

	/**
	 * Prints how a form went.
	 *
	 * @param string $word A word of messages(); nothing is said for others.
	 */
	private function say( $word ) {
		$messages = $this->messages();
		if ( isset( $messages[ $word ] ) ) {
			$tone = in_array( $word, array( 'saved', 'ok' ), true ) ? 'notice-success' : 'notice-error';
			echo '<div class="notice ' . esc_attr( $tone ) . '" role="status"><p>' . esc_html( $messages[ $word ] ) . '</p></div>';
		}
	}

	/**
	 * All that can be said, by word.
	 *
	 * @return array
	 */
	private function messages() {
		return array(
			'saved'       => __( 'Saved.', 'grapevine-referrals' ),
			'ok'          => __( 'The connection works.', 'grapevine-referrals' ),
			'settings'    => __( 'Server address, shop id and API token are all needed. Save them first.', 'grapevine-referrals' ),
			'server'      => __( 'The server address must be like https://refer.example.com. Nothing was saved.', 'grapevine-referrals' ),
			'shop_id'     => __( 'The shop id must be like shop_7k2m9x4c1vqp8d3f. Nothing was saved.', 'grapevine-referrals' ),
			'token_form'  => __( 'This is not an API token. Nothing was saved.', 'grapevine-referrals' ),
			'unreachable' => __( 'The server does not answer within three seconds. Check its address, its certificate and this site’s way out.', 'grapevine-referrals' ),
			'token'       => __( 'The server does not know this token. Make a new one: grapevine token create.', 'grapevine-referrals' ),
			'scope'       => __( 'The token may only read. Make one with the scope “write”.', 'grapevine-referrals' ),
			'shop'        => __( 'The token is of another shop. Check the shop id.', 'grapevine-referrals' ),
			'odd'         => __( 'The server gave an answer that is not understood. Is this the address of a Grapevine server?', 'grapevine-referrals' ),
		);
	}

	/**
	 * Ends a request that may not do this, or was not sent from our page.
	 *
	 * @param string $action What is to be done.
	 */
	private function guard( $action ) {
		if ( ! current_user_can( self::RIGHT ) ) {
			wp_die( esc_html__( 'You may not change these settings.', 'grapevine-referrals' ), '', array( 'response' => 403 ) );
		}
		check_admin_referer( $action );
	}

	/**
	 * What was typed into a field of the form, '' for nothing. guard() has seen the nonce.
	 *
	 * @param string $name The field's name.
	 * @return string
	 */
	private function typed( $name ) {
		$value = isset( $_POST[ $name ] ) ? wp_unslash( $_POST[ $name ] ) : ''; // phpcs:ignore WordPress.Security -- each is cleaned by its own rule.
		return is_string( $value ) ? trim( $value ) : '';
	}

	/**
	 * Goes back to the page, which says how it went.
	 *
	 * @param string $word A word of messages().
	 */
	private function back( $word ) {
		wp_safe_redirect(
			add_query_arg(
				array(
					'page'     => self::SLUG,
					self::SAID => $word,
				),
				admin_url( 'admin.php' )
			)
		);
		exit;
	}
}
