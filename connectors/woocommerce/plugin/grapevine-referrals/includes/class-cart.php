<?php
/**
 * The friend's discount in the cart.
 *
 * @package GrapevineReferrals
 */

namespace Grapevine\Referrals;

defined( 'ABSPATH' ) || exit;

/**
 * Puts the coupon of the remembered code into the cart as soon as it fits, and says nothing while it does not:
 * a minimum that is not reached yet is no error of the customer's.
 *
 * Every change of a cart, classic or through the Store API, ends in calculate_totals(), so its hook serves both.
 * What the customer takes out stays out, and what she typed herself is never pushed aside.
 */
final class Cart {

	const APPLIED  = 'grapevine_applied';  // In the session: the code that we put in.
	const KIND     = '_grapevine_kind';    // Of a coupon: what Grapevine made it for.
	const FRIEND   = 'friend';
	const DECLINED = 'grapevine_declined'; // In the session: the code that the customer took out.

	/**
	 * What the visitor came by.
	 *
	 * @var Referral
	 */
	private $referral;

	/**
	 * Whether we are changing the cart: what that sets off is not the customer's doing.
	 *
	 * @var bool
	 */
	private $busy = false;

	/**
	 * Takes what it works with.
	 *
	 * @param Referral $referral What the visitor came by.
	 */
	public function __construct( Referral $referral ) {
		$this->referral = $referral;
	}

	/**
	 * Hangs itself on the shop's hooks.
	 */
	public function register() {
		add_action( 'template_redirect', array( $this, 'arrive' ), 20 );
		add_action( 'woocommerce_after_calculate_totals', array( $this, 'offer' ), 20 );
		add_action( 'woocommerce_removed_coupon', array( $this, 'removed' ), 5 ); // Before the totals are calculated for it.
	}

	/**
	 * On a page: a cart from the session is not calculated again, and a new visit by a link asks once more.
	 */
	public function arrive() {
		Guard::run(
			'meeting a visitor',
			function () {
				if ( $this->referral->arrived() && $this->session() ) {
					$this->session()->set( self::DECLINED, '' );
				}
				$this->offer();
			}
		);
	}

	/**
	 * Puts the coupon in, if it fits. Carts that other plugins calculate beside the customer's (what a subscription
	 * is going to cost) are not looked at.
	 *
	 * @param \WC_Cart|null $cart The cart that was calculated, or null for the customer's.
	 */
	public function offer( $cart = null ) {
		if ( $this->busy || ( $cart && WC()->cart !== $cart ) ) {
			return;
		}
		$this->busy = true;
		Guard::run(
			'applying a referral',
			function () {
				$this->apply();
			}
		);
		$this->busy = false;
	}

	/**
	 * Puts the coupon in where nothing speaks against it.
	 */
	private function apply() {
		$code = $this->referral->code();
		$cart = WC()->cart;
		if ( '' === $code || ! $cart || ! $this->session() || ! wc_coupons_enabled() || $cart->is_empty() ) {
			return;
		}
		if ( $cart->has_discount( $code ) || self::same( $this->session()->get( self::DECLINED, '' ), $code ) ) {
			return;
		}
		$coupon = $this->coupon( $code );
		if ( ! $coupon || ! $coupon->is_valid() ) { // Unlike apply_coupon(), is_valid() says nothing to the customer.
			return;
		}
		$ours = (string) $this->session()->get( self::APPLIED, '' );
		if ( $coupon->get_individual_use() && $this->others( $ours ) ) {
			return;
		}
		$notices = wc_get_notices();
		$swap    = '' !== $ours && $cart->has_discount( $ours );
		if ( $swap ) {
			$cart->remove_coupon( $ours ); // The last link counts; two friends' codes do not add up.
		}
		if ( $cart->apply_coupon( $code ) ) {
			$this->session()->set( self::APPLIED, $code );
		} elseif ( $swap ) {
			$cart->apply_coupon( $ours );
		}
		wc_set_notices( $notices );
	}

	/**
	 * Notes who took a coupon out. WooCommerce itself takes out what no longer fits, and that may come back; a
	 * coupon that fits was taken out by the customer.
	 *
	 * @param string $code The coupon's code.
	 */
	public function removed( $code ) {
		if ( $this->busy ) {
			return;
		}
		$this->busy = true;
		Guard::run(
			'seeing a coupon go',
			function () use ( $code ) {
				if ( ! $this->session() || ! self::same( $this->session()->get( self::APPLIED, '' ), $code ) ) {
					return;
				}
				$this->session()->set( self::APPLIED, '' );
				$coupon = $this->coupon( $code );
				if ( $coupon && $coupon->is_valid() ) {
					$this->session()->set( self::DECLINED, (string) $code );
				}
			}
		);
		$this->busy = false;
	}

	/**
	 * The coupon of a friend's code. WooCommerce also finds coupons by their number, which is no code, and ?ref= may
	 * be another plugin's and happen to name a coupon of the shop's own, which nobody meant to give away by a link.
	 *
	 * @param string $code The code.
	 * @return \WC_Coupon|null
	 */
	private function coupon( $code ) {
		$coupon = new \WC_Coupon( $code );
		$friend = $coupon->get_id() && self::FRIEND === $coupon->get_meta( self::KIND );
		return $friend && self::same( $coupon->get_code(), $code ) ? $coupon : null;
	}

	/**
	 * The coupons in the cart that we did not put there.
	 *
	 * @param string $ours The code that we put in, or ''.
	 * @return array
	 */
	private function others( $ours ) {
		return array_filter(
			WC()->cart->get_applied_coupons(),
			function ( $code ) use ( $ours ) {
				return ! self::same( $code, $ours );
			}
		);
	}

	/**
	 * The customer's session, or null where there is none.
	 *
	 * @return \WC_Session|null
	 */
	private function session() {
		return WC()->session ? WC()->session : null;
	}

	/**
	 * Whether two codes are one: the shop keeps them in small letters.
	 *
	 * @param mixed $one   A code.
	 * @param mixed $other A code.
	 * @return bool
	 */
	private static function same( $one, $other ) {
		return '' !== (string) $one && 0 === strcasecmp( (string) $one, (string) $other );
	}
}
