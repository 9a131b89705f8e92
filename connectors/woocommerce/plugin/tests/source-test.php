<?php
/**
 * The source itself: it runs on PHP 7.4, can be translated whole, and cannot be called directly.
 */

/** The plugin's PHP files. */
function sources() {
	$found = array();
	foreach ( new RecursiveIteratorIterator( new RecursiveDirectoryIterator( dirname( __DIR__ ) . '/grapevine-referrals', FilesystemIterator::SKIP_DOTS ) ) as $file ) {
		if ( 'php' === $file->getExtension() ) {
			$found[] = $file->getPathname();
		}
	}
	sort( $found );
	same( count( $found ) > 8, true, 'too few files were found:' );
	return $found;
}

test(
	'nothing of PHP 8 is used',
	function () {
		$newer = array( 'T_MATCH', 'T_NULLSAFE_OBJECT_OPERATOR', 'T_ATTRIBUTE', 'T_ENUM', 'T_READONLY' );
		$calls = array( 'str_contains', 'str_starts_with', 'str_ends_with', 'array_is_list', 'get_debug_type', 'array_find', 'array_any', 'array_all', 'json_validate', 'mb_trim' );
		foreach ( sources() as $path ) {
			$was = '';
			foreach ( token_get_all( file_get_contents( $path ) ) as $token ) {
				$name = is_array( $token ) ? token_name( $token[0] ) : '';
				same( in_array( $name, $newer, true ) || ( 'T_STRING' === $name && in_array( $token[1], $calls, true ) ), false, basename( $path ) . ' uses ' . ( is_array( $token ) ? $token[1] : '' ) );
				if ( 'T_WHITESPACE' !== $name ) {
					same( 'T_CATCH' === $was && 'T_VARIABLE' === $name, false );
					$was = $name;
				}
			}
		}
	}
);

test(
	'every sentence names the text domain',
	function () {
		$calls = 0;
		foreach ( sources() as $path ) {
			$tokens = array_values( array_filter( token_get_all( file_get_contents( $path ) ), function ( $token ) {
				return ! is_array( $token ) || ! in_array( $token[0], array( T_WHITESPACE, T_COMMENT, T_DOC_COMMENT ), true );
			} ) );
			foreach ( $tokens as $i => $token ) {
				if ( ! is_array( $token ) || T_STRING !== $token[0] || 1 !== preg_match( '/^(__|_e|_n|_x|esc_(html|attr)_(_|e|x))$/', $token[1] ) ) {
					continue;
				}
				++$calls;
				$where = basename( $path ) . ':' . $token[2];
				same( array( $tokens[ $i + 1 ], $tokens[ $i + 2 ][0], $tokens[ $i + 3 ], $tokens[ $i + 4 ][1], $tokens[ $i + 5 ] ), array( '(', T_CONSTANT_ENCAPSED_STRING, ',', "'grapevine-referrals'", ')' ), $where );
			}
		}
		same( $calls > 30, true, 'too few sentences were found:' );
	}
);

test(
	'no file does anything when it is called by its address',
	function () {
		foreach ( sources() as $path ) {
			$guard = 'uninstall.php' === basename( $path ) ? "defined( 'WP_UNINSTALL_PLUGIN' ) || exit;" : "defined( 'ABSPATH' ) || exit;";
			same( substr_count( file_get_contents( $path ), $guard ), 1, basename( $path ) );
		}
	}
);
