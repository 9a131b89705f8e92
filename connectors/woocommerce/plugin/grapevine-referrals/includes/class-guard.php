<?php
/**
 * What keeps a fault of ours away from the shop.
 *
 * @package GrapevineReferrals
 */

namespace Grapevine\Referrals;

defined( 'ABSPATH' ) || exit;

/**
 * Runs what hangs on the shop's hooks. A sale must not fail because of a referral, so whatever goes wrong is
 * written to WooCommerce's log and goes no further.
 */
final class Guard {

	/**
	 * Runs something and returns what it returns, or $otherwise where it broke.
	 *
	 * @param string   $doing     What is being done, for the log.
	 * @param callable $run       The thing to do.
	 * @param mixed    $otherwise What to return if it breaks.
	 * @return mixed
	 */
	public static function run( $doing, callable $run, $otherwise = null ) {
		try {
			return $run();
		} catch ( \Throwable $fault ) {
			self::log( $doing . ': ' . get_class( $fault ) . ' in ' . basename( $fault->getFile() ) . ' line ' . $fault->getLine() );
			return $otherwise;
		}
	}

	/**
	 * Writes a line to WooCommerce's log. It never holds a token, a name or an address.
	 *
	 * @param string $line What happened.
	 */
	public static function log( $line ) {
		if ( function_exists( 'wc_get_logger' ) ) {
			wc_get_logger()->warning( $line, array( 'source' => 'grapevine-referrals' ) );
		}
	}
}
