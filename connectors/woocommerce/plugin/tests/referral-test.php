<?php
/**
 * ?ref=CODE and the cookie.
 */

use Grapevine\Referrals\Referral;

test(
	'a link leaves a cookie of 30 days that no script and no other site can read',
	function () {
		request( array( 'ref' => 'anna-7q2m' ) );
		same(
			Site::$cookies,
			array(
				array(
					'grapevine_ref',
					ANNA . '.1795000000',
					array(
						'expires'  => 1797592000,
						'path'     => '/',
						'domain'   => '',
						'secure'   => true,
						'httponly' => true,
						'samesite' => 'Lax',
					),
				),
			)
		);
		same( Site::$uncached, 1, 'an answer with a cookie must not be cached:' );
		same( defined( 'DONOTCACHEPAGE' ), true, 'nor by a plugin that keeps pages:' );
		$referral = new Referral();
		same( array( $referral->code(), $referral->at() ), array( ANNA, '2026-11-18T11:06:40Z' ) );
	}
);

test(
	'hostile values of ref leave nothing',
	function () {
		$hostile = array(
			'nothing'        => '',
			'blanks'         => '   ',
			'a script'       => '"><script>alert(1)</script>',
			'a header'       => "ANNA\r\nSet-Cookie: admin=1",
			'a line at end'  => "ANNA-7Q2M\nx",
			'a semicolon'    => 'ANNA; Path=/',
			'SQL'            => "' OR 1=1 --",
			'NUL'            => "ANNA\0",
			'a path'         => '../../wp-config',
			'other letters'  => 'ÄNNA',
			'not UTF-8'      => "\xff\xfe",
			'65 characters'  => str_repeat( 'A', 65 ),
			'a megabyte'     => str_repeat( 'A', 1 << 20 ),
			'a hyphen first' => '-ANNA',
			'a dot'          => 'ANNA.1795000000',
			'a list'         => array( 'ANNA-7Q2M' ),
			'a tree'         => array( 'a' => array( 'b' => 'c' ) ),
			'a template'     => '{{7*7}}',
			'a quoted quote' => "ANNA\\'",
		);
		foreach ( $hostile as $name => $value ) {
			Site::reset();
			request( array( 'ref' => $value ) );
			same( Site::$cookies, array(), $name );
			same( ( new Referral() )->code(), '', $name );
			same( Site::$logged, array(), $name );
		}
		request( array( 'ref' => str_repeat( 'A', 64 ) ) );
		same( ( new Referral() )->code(), str_repeat( 'A', 64 ) );
	}
);

test(
	'a cookie that was made up, or is too old, counts for nothing',
	function () {
		$now = Site::$now;
		foreach ( array(
			'no time'         => ANNA,
			'a script'        => '<script>.' . $now,
			'from next week'  => ANNA . '.' . ( $now + 604800 ),
			'31 days old'     => ANNA . '.' . ( $now - 31 * 86400 ),
			'a negative time' => ANNA . '.-1795000000',
			'a huge time'     => ANNA . '.' . str_repeat( '9', 30 ),
			'a line at end'   => ANNA . '.' . $now . "\n",
			'a list'          => array( ANNA . '.' . $now ),
			'two dots'        => ANNA . '.1.' . $now,
		) as $name => $value ) {
			request( array(), array( 'grapevine_ref' => $value ) );
			same( ( new Referral() )->code(), '', $name );
			same( ( new Referral() )->at(), '', $name );
		}
		request( array(), came( 'anna-7q2m', 29 * 86400 ) );
		same( ( new Referral() )->code(), ANNA );
	}
);

test(
	'the last link counts',
	function () {
		request( array( 'ref' => BEN ), came( ANNA ) );
		same( ( new Referral() )->code(), BEN );
	}
);

test(
	'the admin leaves no cookies',
	function () {
		Site::$admin = true;
		request( array( 'ref' => ANNA ) );
		same( Site::$cookies, array() );
	}
);

test(
	'orders in tables of their own and the block checkout are declared',
	function () {
		same(
			Site::$declared,
			array(
				'custom_order_tables'  => true,
				'cart_checkout_blocks' => true,
			)
		);
	}
);
