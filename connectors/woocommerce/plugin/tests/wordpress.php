<?php
/**
 * As much of WordPress as the plugin uses, in memory. Escaping does what WordPress's does with what can come here;
 * the rest keeps state that tests look at.
 */

namespace {

	define( 'ABSPATH', __DIR__ . '/' );
	define( 'COOKIEPATH', '/' );
	define( 'COOKIE_DOMAIN', false );
	define( 'MINUTE_IN_SECONDS', 60 );
	define( 'HOUR_IN_SECONDS', 3600 );
	define( 'DAY_IN_SECONDS', 86400 );

	/** What the site holds during one test. */
	final class Site {
		public static $now       = 1795000000;
		public static $hooks     = array();
		public static $options   = array();
		public static $autoload  = array();
		public static $transient = array();
		public static $meta      = array();
		public static $user      = null;
		public static $rights    = array();
		public static $cookies   = array();
		public static $admin     = false;
		public static $consent   = true;
		public static $locale    = 'en_GB';
		public static $requests  = array();
		public static $answer    = null;
		public static $enqueued  = array();
		public static $menu      = array();
		public static $flushed   = 0;
		public static $uncached  = 0;
		public static $logged    = array();
		public static $declared  = array();
		public static $policy    = '';
		public static $nonces    = array();
		public static $activate  = null;

		/** Forgets everything but what is hooked by the plugin's main file. */
		public static function reset() {
			foreach ( array( 'options', 'autoload', 'transient', 'meta', 'rights', 'cookies', 'requests', 'enqueued', 'menu', 'logged', 'nonces', 'hooks' ) as $name ) {
				self::$$name = array();
			}
			self::$now     = 1795000000; // 2026-11-18T11:06:40Z
			self::$admin   = false;
			self::$consent = true;
			self::$locale  = 'en_GB';
			self::$answer  = null;
			self::$flushed = 0;
			self::$uncached = 0;
			self::$user    = new WP_User( 0 );
			$_GET          = array();
			$_POST         = array();
			$_COOKIE       = array();
		}
	}

	final class WP_User {
		public $ID;
		public $user_email;
		public function __construct( $id, $email = '' ) {
			$this->ID         = $id;
			$this->user_email = $email;
		}
	}

	final class WP_Error {
		public $code;
		public function __construct( $code ) {
			$this->code = $code;
		}
	}

	/** Ends what WordPress ends by exit. */
	final class Ended extends Exception {
	}

	function add_action( $hook, $run, $priority = 10, $args = 1 ) {
		return add_filter( $hook, $run, $priority, $args );
	}
	function add_filter( $hook, $run, $priority = 10, $args = 1 ) {
		Site::$hooks[ $hook ][ $priority ][] = array( $run, $args );
		return true;
	}
	function apply_filters( $hook, $value = null, ...$more ) {
		$all = Site::$hooks[ $hook ] ?? array();
		ksort( $all );
		foreach ( $all as $runs ) {
			foreach ( $runs as list( $run, $args ) ) {
				$value = $run( ...array_slice( array_merge( array( $value ), $more ), 0, $args ) );
			}
		}
		return $value;
	}
	function do_action( $hook, ...$with ) {
		$all = Site::$hooks[ $hook ] ?? array();
		ksort( $all );
		foreach ( $all as $runs ) {
			foreach ( $runs as list( $run, $args ) ) {
				$run( ...array_slice( $with, 0, $args ) );
			}
		}
	}
	function __return_true() {
		return true;
	}
	function register_activation_hook( $file, $run ) {
		Site::$activate = $run;
	}
	function register_deactivation_hook( $file, $run ) {
	}
	function plugin_basename( $file ) {
		return basename( dirname( $file ) ) . '/' . basename( $file );
	}
	function plugins_url( $path, $file ) {
		return 'https://shop.example/wp-content/plugins/' . basename( dirname( $file ) ) . '/' . $path;
	}
	function flush_rewrite_rules( $hard = true ) {
		++Site::$flushed;
	}
	function nocache_headers() {
		++Site::$uncached;
	}

	function get_option( $name, $otherwise = false ) {
		return Site::$options[ $name ] ?? $otherwise;
	}
	function update_option( $name, $value, $autoload = null ) {
		Site::$options[ $name ]  = $value;
		Site::$autoload[ $name ] = $autoload;
	}
	function delete_option( $name ) {
		unset( Site::$options[ $name ] );
	}
	function get_transient( $name ) {
		$kept = Site::$transient[ $name ] ?? null;
		return $kept && $kept[1] > Site::$now ? $kept[0] : false;
	}
	function set_transient( $name, $value, $life ) {
		Site::$transient[ $name ] = array( $value, Site::$now + $life );
	}
	function delete_transient( $name ) {
		unset( Site::$transient[ $name ] );
	}
	function get_user_meta( $id, $name, $single ) {
		return Site::$meta[ $id ][ $name ] ?? '';
	}
	function update_user_meta( $id, $name, $value ) {
		Site::$meta[ $id ][ $name ] = $value;
	}
	function delete_metadata( $type, $id, $name, $value, $all ) {
		foreach ( array_keys( Site::$meta ) as $user ) {
			unset( Site::$meta[ $user ][ $name ] );
		}
	}

	function is_admin() {
		return Site::$admin;
	}
	function is_ssl() {
		return true;
	}
	function is_email( $text ) {
		return filter_var( $text, FILTER_VALIDATE_EMAIL );
	}
	function is_wp_error( $thing ) {
		return $thing instanceof WP_Error;
	}
	function wp_get_current_user() {
		return Site::$user;
	}
	function get_user_locale( $user ) {
		return Site::$locale;
	}
	function current_user_can( $right ) {
		return in_array( $right, Site::$rights, true );
	}
	function check_admin_referer( $action ) {
		if ( ( $_POST['_wpnonce'] ?? '' ) !== 'nonce-' . $action ) {
			throw new Ended( 'nonce' );
		}
	}
	function wp_nonce_field( $action ) {
		echo '<input type="hidden" name="_wpnonce" value="' . esc_attr( 'nonce-' . $action ) . '">';
	}
	function wp_die( $says, $title, $with ) {
		throw new Ended( 'died ' . $with['response'] );
	}
	function wp_safe_redirect( $to ) {
		throw new Ended( $to );
	}
	function add_submenu_page( $parent, $title, $name, $right, $slug, $run ) {
		Site::$menu[] = array( $parent, $right, $slug, $run );
	}
	function wp_add_privacy_policy_content( $name, $text ) {
		Site::$policy = $text;
	}

	function wp_unslash( $value ) {
		return is_array( $value ) ? array_map( 'wp_unslash', $value ) : ( is_string( $value ) ? stripslashes( $value ) : $value );
	}
	function wp_parse_url( $url ) {
		return parse_url( $url );
	}
	function wp_json_encode( $value ) {
		return json_encode( $value );
	}
	function sanitize_key( $value ) {
		return is_string( $value ) ? preg_replace( '/[^a-z0-9_\-]/', '', strtolower( $value ) ) : '';
	}
	function sanitize_text_field( $value ) {
		return trim( preg_replace( '/[\r\n\t ]+/', ' ', strip_tags( $value ) ) );
	}
	if ( ! function_exists( 'mb_substr' ) ) { // WordPress brings its own where PHP has none.
		function mb_substr( $text, $from, $length ) {
			return implode( '', array_slice( preg_split( '//u', $text, -1, PREG_SPLIT_NO_EMPTY ), $from, $length ) );
		}
	}
	function esc_html( $text ) {
		return htmlspecialchars( (string) $text, ENT_QUOTES, 'UTF-8', false );
	}
	function esc_attr( $text ) {
		return esc_html( $text );
	}
	function esc_url( $url ) {
		return 1 === preg_match( '#^(https?://|/)#', $url ) ? str_replace( array( '&', "'", '"', '<', '>' ), array( '&#038;', '&#039;', '', '', '' ), $url ) : '';
	}
	function __( $text, $domain ) {
		return $text;
	}
	function esc_html__( $text, $domain ) {
		return esc_html( $text );
	}
	function esc_attr__( $text, $domain ) {
		return esc_attr( $text );
	}
	function home_url( $path ) {
		return 'https://shop.example' . $path;
	}
	function admin_url( $path ) {
		return 'https://shop.example/wp-admin/' . $path;
	}
	function add_query_arg( $name, $value, $url = '' ) {
		$pairs = is_array( $name ) ? $name : array( $name => $value );
		$url   = is_array( $name ) ? $value : $url;
		foreach ( $pairs as $key => $one ) {
			$url .= ( false === strpos( $url, '?' ) ? '?' : '&' ) . $key . '=' . $one;
		}
		return $url;
	}
	function wp_enqueue_style( $handle, $url ) {
		Site::$enqueued[] = $url;
	}
	function wp_enqueue_script( $handle, $url ) {
		Site::$enqueued[] = $url;
	}

	/** Answers are array( status, body ), a WP_Error, or something to throw. */
	function wp_remote_post( $url, $with ) {
		Site::$requests[] = array( $url, $with );
		if ( Site::$answer instanceof Throwable ) {
			throw Site::$answer;
		}
		return Site::$answer;
	}
	function wp_remote_retrieve_response_code( $reply ) {
		return $reply[0] ?? '';
	}
	function wp_remote_retrieve_body( $reply ) {
		return $reply[1] ?? '';
	}

	require __DIR__ . '/woocommerce.php';
	if ( in_array( 'consent', $argv, true ) ) {
		require __DIR__ . '/consent.php';
	}
}

namespace Grapevine\Referrals {

	function time() {
		return \Site::$now;
	}
	function headers_sent() {
		return false;
	}
	function setcookie( $name, $value, $options ) {
		\Site::$cookies[] = array( $name, $value, $options );
		return true;
	}
}
