<?php
/**
 * The code of the friend by whose link a visitor came.
 *
 * @package GrapevineReferrals
 */

namespace Grapevine\Referrals;

defined( 'ABSPATH' ) || exit;

/**
 * Remembers ?ref=CODE in a first-party cookie of 30 days. The cookie is "CODE.SECONDS": the code and when the
 * visitor came by it. No script reads it, so it is HttpOnly.
 *
 * A visitor who did not agree to it, where a consent plugin asks, is not remembered.
 */
final class Referral {

	const PARAMETER = 'ref';
	const COOKIE    = 'grapevine_ref';
	const LIFE      = 2592000; // 30 days, in seconds.

	/**
	 * Whether this very request came by a link.
	 *
	 * @var bool
	 */
	private $arrived = false;

	/**
	 * Hangs itself on the shop's hooks: once all plugins are there, before anything is printed.
	 */
	public function register() {
		add_action( 'wp_loaded', array( $this, 'remember' ), 5 );
	}

	/**
	 * Keeps the code of the address, and drops a cookie that the visitor no longer agrees to.
	 */
	public function remember() {
		Guard::run(
			'remembering a referral',
			function () {
				if ( is_admin() || headers_sent() ) {
					return;
				}
				if ( ! self::allowed() ) {
					if ( isset( $_COOKIE[ self::COOKIE ] ) ) {
						$this->send( '', time() - DAY_IN_SECONDS );
						unset( $_COOKIE[ self::COOKIE ] );
					}
					return;
				}
				// A link that friends share cannot carry a nonce. The value is reduced to a code's letters.
				$code = self::clean( isset( $_GET[ self::PARAMETER ] ) ? wp_unslash( $_GET[ self::PARAMETER ] ) : '' ); // phpcs:ignore WordPress.Security
				if ( '' === $code ) {
					return;
				}
				nocache_headers(); // This answer carries one visitor's cookie.
				if ( ! defined( 'DONOTCACHEPAGE' ) ) {
					define( 'DONOTCACHEPAGE', true ); // The same, for plugins that keep pages.
				}
				$value = $code . '.' . time();
				$this->send( $value, time() + self::LIFE );
				$_COOKIE[ self::COOKIE ] = $value;
				$this->arrived           = true;
			}
		);
	}

	/**
	 * Whether this request came by a link.
	 *
	 * @return bool
	 */
	public function arrived() {
		return $this->arrived;
	}

	/**
	 * The code that the visitor came by, '' for none.
	 *
	 * @return string
	 */
	public function code() {
		$kept = self::kept();
		return $kept ? $kept[0] : '';
	}

	/**
	 * When she came by it, as "2026-11-22T10:00:00Z"; '' for never.
	 *
	 * @return string
	 */
	public function at() {
		$kept = self::kept();
		return $kept ? gmdate( 'Y-m-d\TH:i:s\Z', $kept[1] ) : '';
	}

	/**
	 * The form of a code: letters, digits, hyphen and underscore, 64 at most, in capitals. '' for anything else.
	 *
	 * @param mixed $value What came.
	 * @return string
	 */
	public static function clean( $value ) {
		$value = is_string( $value ) ? trim( $value, ' ' ) : '';
		return 1 === preg_match( '/^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$/D', $value ) ? strtoupper( $value ) : '';
	}

	/**
	 * Whether the visitor lets herself be remembered. Yes where no consent plugin asks.
	 *
	 * @return bool
	 */
	public static function allowed() {
		if ( ! function_exists( 'wp_has_consent' ) ) {
			return true;
		}
		/**
		 * The kind of consent that a referral needs: marketing, preferences, functional …
		 *
		 * @param string $category As the WP Consent API names it.
		 */
		$category = apply_filters( 'grapevine_referrals_consent_category', 'marketing' );
		return (bool) wp_has_consent( $category );
	}

	/**
	 * What the cookie holds: code and time, or nothing where it is absent, odd, too old or not agreed to.
	 *
	 * @return array
	 */
	private static function kept() {
		$raw = isset( $_COOKIE[ self::COOKIE ] ) ? wp_unslash( $_COOKIE[ self::COOKIE ] ) : ''; // phpcs:ignore WordPress.Security
		if ( ! is_string( $raw ) || 1 !== preg_match( '/^([^.]*)\.(\d{9,11})$/D', $raw, $part ) || ! self::allowed() ) {
			return array();
		}
		$code = self::clean( $part[1] );
		$at   = (int) $part[2];
		if ( '' === $code || $at > time() + MINUTE_IN_SECONDS || $at < time() - self::LIFE ) {
			return array();
		}
		return array( $code, min( $at, time() ) );
	}

	/**
	 * Sends the cookie.
	 *
	 * @param string $value   Its value.
	 * @param int    $expires When it ends, in seconds since 1970.
	 */
	private function send( $value, $expires ) {
		setcookie(
			self::COOKIE,
			$value,
			array(
				'expires'  => $expires,
				'path'     => COOKIEPATH ? COOKIEPATH : '/',
				'domain'   => COOKIE_DOMAIN ? COOKIE_DOMAIN : '',
				'secure'   => is_ssl(),
				'httponly' => true,
				'samesite' => 'Lax',
			)
		);
	}
}
