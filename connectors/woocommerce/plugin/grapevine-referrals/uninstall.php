<?php
/**
 * Removes what the plugin keeps, when it is deleted. What it noted on orders stays: it is part of their history.
 *
 * @package GrapevineReferrals
 */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

delete_option( 'grapevine_referrals_settings' );
delete_option( 'grapevine_referrals_token' );
delete_option( 'grapevine_referrals_flush' );
delete_transient( 'grapevine_referrals_away' );
delete_metadata( 'user', 0, '_grapevine_advocate', '', true );
