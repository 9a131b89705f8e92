<?php
/**
 * What the owner set.
 *
 * @package GrapevineReferrals
 */

namespace Grapevine\Referrals;

defined( 'ABSPATH' ) || exit;

/**
 * The settings, as they are stored. What cannot be right is not stored: each clean_* gives '' for it.
 */
final class Settings {

	const OPTION = 'grapevine_referrals_settings';
	const TOKEN  = 'grapevine_referrals_token';

	/**
	 * Where the share box can be, with whether it is there unless the owner says otherwise.
	 */
	const PLACES = array(
		'thankyou' => true,
		'account'  => true,
	);

	/**
	 * The server's address without a slash at its end, '' if it is not set.
	 *
	 * @return string
	 */
	public function server() {
		return $this->text( 'server' );
	}

	/**
	 * The shop's id on that server: "shop_…".
	 *
	 * @return string
	 */
	public function shop() {
		return $this->text( 'shop' );
	}

	/**
	 * The owner's own words in the share box, '' for ours.
	 *
	 * @return string
	 */
	public function invitation() {
		return $this->text( 'invitation' );
	}

	/**
	 * The API token. It stays on this server: no page shows it.
	 *
	 * @return string
	 */
	public function token() {
		$token = get_option( self::TOKEN, '' );
		return is_string( $token ) ? $token : '';
	}

	/**
	 * Whether there is all that a call to the server needs.
	 *
	 * @return bool
	 */
	public function complete() {
		return '' !== $this->server() && '' !== $this->shop() && '' !== $this->token();
	}

	/**
	 * Whether the share box is to be shown in a place.
	 *
	 * @param string $place One of PLACES.
	 * @return bool
	 */
	public function shows( $place ) {
		$all = get_option( self::OPTION, array() );
		return (bool) ( is_array( $all ) && isset( $all[ $place ] ) ? $all[ $place ] : self::PLACES[ $place ] );
	}

	/**
	 * Stores what is given. An empty token leaves the one that is there.
	 *
	 * @param array  $all   Cleaned values by name.
	 * @param string $token A cleaned token or ''.
	 */
	public function store( array $all, $token ) {
		update_option( self::OPTION, $all );
		if ( '' !== $token ) {
			update_option( self::TOKEN, $token, false ); // Not loaded with every page.
		}
	}

	/**
	 * Forgets the token.
	 */
	public function forget_token() {
		delete_option( self::TOKEN );
	}

	/**
	 * An address like https://refer.example.com. Plain HTTP is for this very machine only, since the token goes
	 * there.
	 *
	 * @param mixed $value What was typed.
	 * @return string
	 */
	public static function clean_server( $value ) {
		$value = is_string( $value ) ? rtrim( trim( $value ), '/' ) : '';
		$parts = wp_parse_url( $value );
		if ( ! is_array( $parts ) || empty( $parts['scheme'] ) || empty( $parts['host'] ) || strlen( $value ) > 200 ) {
			return '';
		}
		if ( isset( $parts['user'] ) || isset( $parts['pass'] ) || isset( $parts['query'] ) || isset( $parts['fragment'] ) ) {
			return '';
		}
		$scheme = strtolower( $parts['scheme'] );
		$local  = in_array( strtolower( $parts['host'] ), array( 'localhost', '127.0.0.1', '[::1]' ), true );
		if ( 'https' !== $scheme && ! ( 'http' === $scheme && $local ) ) {
			return '';
		}
		return 1 === preg_match( '#^https?://[A-Za-z0-9.\-]+(:\d{1,5})?(/[A-Za-z0-9._~/\-]*)?$|^https?://\[::1\](:\d{1,5})?$#i', $value ) ? $value : '';
	}

	/**
	 * An id like shop_7k2m9x4c1vqp8d3f.
	 *
	 * @param mixed $value What was typed.
	 * @return string
	 */
	public static function clean_shop( $value ) {
		$value = is_string( $value ) ? trim( $value ) : '';
		return 1 === preg_match( '/^shop_[0-9A-Za-z]{1,40}$/D', $value ) ? $value : '';
	}

	/**
	 * A token like gv_….
	 *
	 * @param mixed $value What was typed.
	 * @return string
	 */
	public static function clean_token( $value ) {
		$value = is_string( $value ) ? trim( $value ) : '';
		return 1 === preg_match( '/^[0-9A-Za-z._~+=\-]{8,256}$/D', $value ) ? $value : '';
	}

	/**
	 * A stored text.
	 *
	 * @param string $name Its name.
	 * @return string
	 */
	private function text( $name ) {
		$all = get_option( self::OPTION, array() );
		return is_array( $all ) && isset( $all[ $name ] ) && is_string( $all[ $name ] ) ? $all[ $name ] : '';
	}
}
