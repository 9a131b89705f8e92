<?php
/**
 * The WP Consent API's question. A function cannot be taken away again, so the tests run once with it and once
 * without.
 */

function wp_has_consent( $category ) {
	return 'marketing' === $category && Site::$consent;
}
