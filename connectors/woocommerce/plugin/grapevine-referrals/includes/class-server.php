<?php
/**
 * Calls to the owner's Grapevine server.
 *
 * @package GrapevineReferrals
 */

namespace Grapevine\Referrals;

defined( 'ABSPATH' ) || exit;

/**
 * Asks the server for a customer's code. A page waits for it, so a call has three seconds at most, its answer is
 * kept with the customer for a day, and after a failed call nobody asks again for a minute.
 */
final class Server {

	const TIMEOUT = 3;                      // Seconds.
	const META    = '_grapevine_advocate';  // With the customer: what the server said, and when.
	const AWAY    = 'grapevine_referrals_away'; // A transient: the last call failed.
	const REST    = 60;                     // Seconds without a call after one that failed.
	const STALE   = 604800;                 // Seconds for which an old answer is better than none: 7 days.

	/**
	 * What the owner set.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * Takes what it works with.
	 *
	 * @param Settings $settings What the owner set.
	 */
	public function __construct( Settings $settings ) {
		$this->settings = $settings;
	}

	/**
	 * The code of a customer, who becomes an advocate if she is none yet. '' where there is none to show, for
	 * whatever reason.
	 *
	 * @param \WP_User $customer The customer.
	 * @return string
	 */
	public function code( $customer ) {
		if ( ! $this->settings->complete() ) {
			return '';
		}
		$kept = $this->kept( $customer->ID );
		if ( $kept && $kept['at'] > time() - self::fresh( $kept['status'] ) ) {
			return $kept['code'];
		}
		$answer = get_transient( self::AWAY ) ? array() : $this->ask( $customer );
		if ( ! $answer ) {
			return $kept && $kept['at'] > time() - self::STALE ? $kept['code'] : '';
		}
		update_user_meta( $customer->ID, self::META, $answer );
		return $answer['code'];
	}

	/**
	 * Tries the settings. The answer is a word: ok, settings, unreachable, token, scope, shop, odd.
	 *
	 * @return string
	 */
	public function check() {
		if ( ! $this->settings->complete() ) {
			return 'settings';
		}
		delete_transient( self::AWAY );
		// An advocate without a customer is refused once all else is found to be right; nothing is made.
		$reply  = $this->post( array( 'customer_id' => '' ) );
		$status = $this->status( $reply );
		if ( 0 === $status ) {
			return 'unreachable';
		}
		$problem = json_decode( wp_remote_retrieve_body( $reply ), true );
		$words   = array( // By the code that the server gives the refusal.
			'token_invalid' => 'token',
			'scope_missing' => 'scope',
			'not_found'     => 'shop',
			'bad_field'     => 'ok',
		);
		$code    = is_array( $problem ) && isset( $problem['code'] ) && is_string( $problem['code'] ) ? $problem['code'] : '';
		return isset( $words[ $code ] ) ? $words[ $code ] : 'odd';
	}

	/**
	 * Asks the server. An empty answer means that it could not be asked.
	 *
	 * @param \WP_User $customer The customer.
	 * @return array
	 */
	private function ask( $customer ) {
		$reply  = $this->post( $this->about( $customer ) );
		$status = $this->status( $reply );
		$body   = 200 === $status || 201 === $status ? json_decode( wp_remote_retrieve_body( $reply ), true ) : null;
		$code   = is_array( $body ) && isset( $body['code'] ) ? Referral::clean( $body['code'] ) : '';
		if ( '' !== $code ) {
			$state = isset( $body['status'] ) && is_string( $body['status'] ) ? $body['status'] : '';
			$shown = in_array( $state, array( 'active', 'pending' ), true ); // Blocked, retired or failed: nothing to share.
			return $this->note( $shown ? $code : '', $state );
		}
		if ( 409 === $status || 422 === $status ) { // It will not have this customer. Others may be well.
			return $this->note( '', 'refused' );
		}
		Guard::log( 'the Grapevine server did not give a code: status ' . $status );
		set_transient( self::AWAY, 1, self::REST );
		return array();
	}

	/**
	 * What the server is told of a customer: her number, and what helps to write to her in her own name.
	 *
	 * @param \WP_User $customer The customer.
	 * @return array
	 */
	private function about( $customer ) {
		$about = array( 'customer_id' => (string) $customer->ID );
		if ( is_email( $customer->user_email ) && strlen( $customer->user_email ) <= 254 ) {
			$about['email'] = $customer->user_email;
		}
		$name = trim( (string) preg_replace( '/[\p{C}\s]+/u', ' ', (string) get_user_meta( $customer->ID, 'first_name', true ) ) );
		if ( '' !== $name && strlen( $name ) <= 100 ) {
			$about['first_name'] = $name;
		}
		$locale = str_replace( '_', '-', (string) get_user_locale( $customer ) );
		if ( 1 === preg_match( '/^[A-Za-z]{2,3}(-[0-9A-Za-z]{2,8}){0,3}$/D', $locale ) ) {
			$about['locale'] = $locale;
		}
		return $about;
	}

	/**
	 * Posts to the shop's advocates. The token goes in a header, to this one address, and never along a redirect.
	 *
	 * @param array $about The body.
	 * @return array|\WP_Error
	 */
	private function post( array $about ) {
		return wp_remote_post(
			$this->settings->server() . '/api/v1/shops/' . rawurlencode( $this->settings->shop() ) . '/advocates',
			array(
				'timeout'             => self::TIMEOUT,
				'redirection'         => 0,
				'limit_response_size' => 65536,
				'user-agent'          => 'grapevine-referrals/' . VERSION,
				'headers'             => array(
					'Authorization' => 'Bearer ' . $this->settings->token(),
					'Content-Type'  => 'application/json',
					'Accept'        => 'application/json',
				),
				'body'                => wp_json_encode( $about ),
			)
		);
	}

	/**
	 * The status of an answer, 0 where none came.
	 *
	 * @param array|\WP_Error $reply What wp_remote_post() returned.
	 * @return int
	 */
	private function status( $reply ) {
		return is_wp_error( $reply ) ? 0 : (int) wp_remote_retrieve_response_code( $reply );
	}

	/**
	 * What is kept of a customer, if it came from the server and shop that are set now.
	 *
	 * @param int $customer Her number.
	 * @return array
	 */
	private function kept( $customer ) {
		$kept = get_user_meta( $customer, self::META, true );
		if ( ! is_array( $kept ) || ! isset( $kept['of'], $kept['code'], $kept['status'], $kept['at'] ) || $kept['of'] !== $this->origin() ) {
			return array();
		}
		$kept['code'] = Referral::clean( $kept['code'] );
		return $kept;
	}

	/**
	 * What is kept.
	 *
	 * @param string $code   The code to show, or ''.
	 * @param string $status The advocate's state, as the server names it.
	 * @return array
	 */
	private function note( $code, $status ) {
		return array(
			'of'     => $this->origin(),
			'code'   => $code,
			'status' => $status,
			'at'     => time(),
		);
	}

	/**
	 * Names server and shop in short.
	 *
	 * @return string
	 */
	private function origin() {
		return md5( $this->settings->server() . ' ' . $this->settings->shop() );
	}

	/**
	 * For how long an answer is taken as it is. A code that is not confirmed yet may still fail.
	 *
	 * @param string $status The advocate's state.
	 * @return int Seconds.
	 */
	private static function fresh( $status ) {
		return 'pending' === $status ? 5 * MINUTE_IN_SECONDS : ( 'active' === $status ? DAY_IN_SECONDS : HOUR_IN_SECONDS );
	}
}
