/* net_tls */
