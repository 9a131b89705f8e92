<?php
/**
 * As much of WooCommerce as the plugin uses: a cart that calculates, a session, coupons, orders. The order of the
 * hooks and what says something to the customer is WooCommerce's (includes/class-wc-cart.php, 8.0 to 11.0).
 */

namespace Automattic\WooCommerce\Utilities {

	final class FeaturesUtil {
		public static function declare_compatibility( $feature, $file, $yes ) {
			\Site::$declared[ $feature ] = $yes;
		}
	}
}

namespace {

	/** WooCommerce itself: cart and session of one customer. */
	final class WooCommerce {
		public $cart;
		public $session;
		public $coupons = array(); // By code: what they ask for.
		public $notices = array();
		public $orders  = array();
		public $enabled = true;
		public function __construct() {
			$this->session = new WC_Session();
			$this->cart    = new WC_Cart();
		}
	}

	function WC() {
		return Shop::$now;
	}

	/** Holds the shop of the test that runs. */
	final class Shop {
		public static $now;
		public static function open( array $coupons ) {
			self::$now          = new WooCommerce();
			self::$now->coupons = $coupons;
			return self::$now;
		}
	}

	final class WC_Session {
		private $all = array();
		public function get( $name, $otherwise = null ) {
			return $this->all[ $name ] ?? $otherwise;
		}
		public function set( $name, $value ) {
			$this->all[ $name ] = $value;
		}
	}

	final class WC_Coupon {
		private $code;
		private $terms;
		public function __construct( $code ) {
			$this->code  = strtolower( trim( $code ) );
			$this->terms = Shop::$now->coupons[ $this->code ] ?? null;
			if ( isset( $this->terms['throws'] ) ) {
				throw new RuntimeException( 'the database is away' );
			}
			if ( isset( $this->terms['alias'] ) ) { // Found by its number, as WooCommerce does.
				$this->code = $this->terms['alias'];
			}
		}
		public function get_id() {
			return null === $this->terms ? 0 : 7;
		}
		public function get_code() {
			return $this->code;
		}
		public function get_meta( $name ) {
			return '_grapevine_kind' === $name ? ( $this->terms['kind'] ?? 'friend' ) : '';
		}
		public function get_individual_use() {
			return ! empty( $this->terms['alone'] );
		}
		public function is_valid() {
			return null !== $this->terms && Shop::$now->cart->total >= ( $this->terms['minimum'] ?? 0 );
		}
	}

	final class WC_Cart {
		public $total   = 0;
		public $applied = array();
		public $runs    = 0;
		public function is_empty() {
			return 0 === $this->total;
		}
		public function get_applied_coupons() {
			return $this->applied;
		}
		public function has_discount( $code ) {
			return in_array( strtolower( $code ), $this->applied, true );
		}
		/** Sets what lies in the cart, as any of its doors does: totals, and then a look at the coupons. */
		public function fill( $total ) {
			$this->total = $total;
			$this->calculate_totals();
			foreach ( $this->applied as $code ) {
				$coupon = new WC_Coupon( $code );
				if ( ! $coupon->is_valid() ) {
					wc_add_notice( 'Sorry, it seems the coupon "' . $code . '" is not valid - it has now been removed from your order.', 'error' );
					$this->remove_coupon( $code );
				}
			}
		}
		public function calculate_totals() {
			if ( ++$this->runs > 100 ) {
				throw new LogicException( 'the totals are calculated for ever' );
			}
			do_action( 'woocommerce_after_calculate_totals', $this );
		}
		public function apply_coupon( $code ) {
			$code   = strtolower( $code );
			$coupon = new WC_Coupon( $code );
			if ( ! $coupon->is_valid() ) {
				wc_add_notice( 'This coupon cannot be used.', 'error' );
				return false;
			}
			foreach ( $this->applied as $other ) {
				if ( ( new WC_Coupon( $other ) )->get_individual_use() ) {
					wc_add_notice( 'Sorry, coupon "' . $other . '" has already been applied and cannot be used in conjunction with other coupons.', 'error' );
					return false;
				}
			}
			if ( $coupon->get_individual_use() ) {
				$this->applied = array();
			}
			$this->applied[] = $code;
			wc_add_notice( 'Coupon code applied successfully.', 'success' );
			do_action( 'woocommerce_applied_coupon', $code );
			$this->calculate_totals();
			return true;
		}
		public function remove_coupon( $code ) {
			$this->applied = array_values( array_diff( $this->applied, array( strtolower( $code ) ) ) );
			do_action( 'woocommerce_removed_coupon', $code );
			$this->calculate_totals();
			return true;
		}
	}

	final class WC_Order {
		public $meta     = array();
		public $saved    = 0;
		public $customer = 0;
		public function get_meta( $name ) {
			return $this->meta[ $name ] ?? '';
		}
		public function update_meta_data( $name, $value ) {
			$this->meta[ $name ] = $value;
		}
		public function delete_meta_data( $name ) {
			unset( $this->meta[ $name ] );
		}
		public function save() {
			++$this->saved;
		}
		public function get_customer_id() {
			return $this->customer;
		}
	}

	final class WC_Log {
		public function warning( $line, $context ) {
			Site::$logged[] = $line;
		}
	}

	function wc_get_logger() {
		return new WC_Log();
	}
	function wc_get_order( $id ) {
		return Shop::$now->orders[ $id ] ?? false;
	}
	function wc_coupons_enabled() {
		return Shop::$now->enabled;
	}
	function wc_add_notice( $text, $kind ) {
		Shop::$now->notices[ $kind ][] = $text;
	}
	function wc_get_notices() {
		return Shop::$now->notices;
	}
	function wc_set_notices( $notices ) {
		Shop::$now->notices = $notices;
	}
}
