/* net_dns */
