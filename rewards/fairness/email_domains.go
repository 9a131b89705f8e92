package fairness

// freeBrands are providers with domains in many countries: the brand, then com or a country. Sorted.
var freeBrands = []string{
	"aol", "btinternet", "gmx", "googlemail", "hotmail", "live", "msn", "outlook", "ovi", "rocketmail", "vodafone",
	"yahoo", "yandex", "ymail",
}

// freeDomains are other providers' domains, each known from the provider's own sign-up page or help. Sorted.
var freeDomains = []string{
	"126.com", "139.com", "163.com", "189.cn", "a1.net", "abv.bg", "alice.it", "aliyun.com", "arcor.de", "att.net",
	"bellsouth.net", "bigpond.com", "bigpond.net.au", "bk.ru", "bluewin.ch", "blueyonder.co.uk", "bol.com.br",
	"btopenworld.com", "cableone.net", "centrum.cz", "centurylink.net", "charter.net", "chello.at", "chello.nl",
	"comcast.net", "cox.net", "daum.net", "docomo.ne.jp", "duck.com", "earthlink.net", "eircom.net", "email.com",
	"email.cz", "email.de", "email.it", "ewetel.net", "ezweb.ne.jp", "fastmail.com", "fastmail.fm", "foxmail.com",
	"free.fr", "freemail.hu", "freenet.de", "frontier.com", "gmail.com", "gmx.net", "hanmail.net", "hetnet.nl",
	"hey.com", "home.nl", "hushmail.com", "i.ua", "icloud.com", "iinet.net.au", "inbox.lv", "inbox.ru", "inode.at",
	"interia.pl", "internode.on.net", "juno.com", "kabelmail.de", "kpnmail.nl", "kpnplanet.nl", "laposte.net",
	"libero.it", "list.ru", "mac.com", "magenta.at", "mail.bg", "mail.com", "mail.de", "mail.ee", "mail.ru",
	"mailbox.org", "mchsi.com", "me.com", "mozmail.com", "mweb.co.za", "nate.com", "naver.com", "netcologne.de",
	"netscape.net", "netzero.net", "neuf.fr", "nifty.com", "ntlworld.com", "numericable.fr", "o2.pl", "o2online.de",
	"onet.eu", "onet.pl", "online.de", "online.no", "op.pl", "optonline.net", "optusnet.com.au", "orange.fr",
	"outlook.com", "planet.nl", "pm.me", "poczta.fm", "poczta.onet.pl", "posteo.de", "posteo.net", "proton.me",
	"protonmail.ch", "protonmail.com", "proximus.be", "qq.com", "quicknet.nl", "rambler.ru", "rediffmail.com",
	"roadrunner.com", "rogers.com", "rr.com", "sapo.pt", "sbcglobal.net", "seznam.cz", "sfr.fr", "shaw.ca",
	"sina.cn", "sina.com", "sky.com", "skynet.be", "softbank.ne.jp", "sohu.com", "suddenlink.net", "sunrise.ch",
	"swissonline.ch", "sympatico.ca", "t-online.de", "talktalk.net", "tele2.nl", "telenet.be", "telia.com",
	"telus.net", "terra.com.br", "tin.it", "tiscali.co.uk", "tiscali.it", "tlen.pl", "tpg.com.au", "tuta.com",
	"tuta.io", "tutamail.com", "tutanota.com", "tutanota.de", "ukr.net", "unitybox.de", "uol.com.br", "upcmail.nl",
	"verizon.net", "versatel.nl", "videotron.ca", "virgilio.it", "virgin.net", "virginmedia.com", "voila.fr",
	"volny.cz", "walla.co.il", "walla.com", "wanadoo.fr", "web.de", "westnet.com.au", "windowslive.com",
	"windstream.net", "wp.pl", "xs4all.nl", "xtra.co.nz", "ya.ru", "yeah.net", "ziggo.nl", "zoho.com",
	"zohomail.com", "zonnet.nl",
}
