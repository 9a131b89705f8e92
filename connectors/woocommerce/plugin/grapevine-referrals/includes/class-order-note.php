<?php
/**
 * The referral on the order.
 *
 * @package GrapevineReferrals
 */

namespace Grapevine\Referrals;

defined( 'ABSPATH' ) || exit;

/**
 * Writes the remembered code onto the order, where Grapevine reads it: that counts also where the customer took
 * another coupon, or none.
 */
final class Order_Note {

	const CODE = '_grapevine_ref';    // "ANNA-7Q2M".
	const AT   = '_grapevine_ref_at'; // When the customer came by the link: "2026-11-22T10:00:00Z".

	/**
	 * What the visitor came by.
	 *
	 * @var Referral
	 */
	private $referral;

	/**
	 * Takes what it works with.
	 *
	 * @param Referral $referral What the visitor came by.
	 */
	public function __construct( Referral $referral ) {
		$this->referral = $referral;
	}

	/**
	 * Hangs itself on both checkouts.
	 */
	public function register() {
		add_action( 'woocommerce_checkout_create_order', array( $this, 'classic' ) );
		add_action( 'woocommerce_store_api_checkout_update_order_meta', array( $this, 'block' ) );
	}

	/**
	 * Of the classic checkout, which saves the order afterwards.
	 *
	 * @param \WC_Order $order The order.
	 */
	public function classic( $order ) {
		Guard::run(
			'noting a referral',
			function () use ( $order ) {
				$this->write( $order );
			}
		);
	}

	/**
	 * Of the block checkout, which hands in a draft that it saved already, and may hand it in again.
	 *
	 * @param \WC_Order $order The order.
	 */
	public function block( $order ) {
		Guard::run(
			'noting a referral',
			function () use ( $order ) {
				if ( $this->write( $order ) ) {
					$order->save();
				}
			}
		);
	}

	/**
	 * Sets or removes the note.
	 *
	 * @param \WC_Order $order The order.
	 * @return bool Whether anything changed.
	 */
	private function write( $order ) {
		$code = $this->referral->code();
		$was  = (string) $order->get_meta( self::CODE );
		if ( '' !== $code ) {
			$order->update_meta_data( self::CODE, $code );
			$order->update_meta_data( self::AT, $this->referral->at() );
			return true;
		}
		if ( '' === $was ) {
			return false;
		}
		$order->delete_meta_data( self::CODE ); // She withdrew her consent since the draft.
		$order->delete_meta_data( self::AT );
		return true;
	}
}
