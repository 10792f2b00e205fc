//! Currencies by their codes.

/// The codes of ISO 4217 that money is paid in, lower case, in order.
const CODES: &str = "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl \
    bsd btn bwp byn bzd cad cdf chf clp cny cop crc cup cve czk djf dkk dop dzd egp ern etb eur fjd \
    fkp gbp gel ghs gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr iqd irr isk jmd jod jpy kes kgs \
    khr kmf kpw krw kwd kyd kzt lak lbp lkr lrd lsl lyd mad mdl mga mkd mmk mnt mop mru mur mvr mwk \
    mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd \
    scr sdg sek sgd shp sle sos srd ssp stn svc syp szl thb tjs tmt tnd top try ttd twd tzs uah ugx \
    usd uyu uzs ves vnd vuv wst xaf xcd xcg xof xpf yer zar zmw zwg";

/// Whether `code` is one, in lower case.
pub fn is_currency(code: &str) -> bool {
    code.len() == 3 && CODES.split_ascii_whitespace().any(|known| known == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_known_in_lower_case_only_and_each_is_listed_once() {
        for code in ["eur", "usd", "jpy", "aed", "zwg"] {
            assert!(is_currency(code), "{code}");
        }
        for not in ["EUR", "eu", "euro", "xyz", "", "usd eur"] {
            assert!(!is_currency(not), "{not}");
        }
        let codes: Vec<_> = CODES.split_ascii_whitespace().collect();
        assert!(codes.is_sorted() && codes.windows(2).all(|two| two[0] != two[1]));
    }
}
