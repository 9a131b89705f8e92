/* Makes the share box's button copy the link next to it. Without this script the link can be selected by hand. */
( function () {
	'use strict';

	function select( field ) {
		field.focus();
		field.select();
		return document.execCommand( 'copy' ) ? Promise.resolve() : Promise.reject();
	}

	function copy( field ) {
		if ( ! navigator.clipboard || ! window.isSecureContext ) {
			return select( field );
		}
		return navigator.clipboard.writeText( field.value ).catch( function () {
			return select( field );
		} );
	}

	document.querySelectorAll( '[data-grapevine-copy]' ).forEach( function ( button ) {
		var field = document.getElementById( button.getAttribute( 'data-grapevine-copy' ) );
		var said = button.closest( 'section' ).querySelector( '[role="status"]' );
		if ( ! field || ! said ) {
			return;
		}
		button.hidden = false;
		button.addEventListener( 'click', function () {
			copy( field ).then(
				function () {
					said.textContent = button.getAttribute( 'data-done' );
				},
				function () {
					said.textContent = button.getAttribute( 'data-failed' );
				}
			);
		} );
	} );
}() );
