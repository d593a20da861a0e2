namespace Homeostat.Drivers.Runtime.Oci.Networks;

/// <summary>
/// The platform's nftables table, one per platform and named like its bridge. Written once: rules name the bridge and the range, never an instance.
/// </summary>
internal static class FirewallRules
{
    /// <summary>
    /// Instances may open connections to the outside (masqueraded, as Docker does), not to each other, not to the host (its administration ports), not to
    /// link-local addresses (a cloud's metadata service gives out credentials). Nobody but the host opens connections to them.
    /// </summary>
    /// <remarks>The empty declaration before <c>delete</c> makes the replacement work whether or not the table exists, in one transaction.</remarks>
    public static string Make(string name, AddressRange range) =>
        $$"""
        table inet {{name}} {}
        delete table inet {{name}}
        table inet {{name}} {
          chain input {
            type filter hook input priority -10; policy accept;
            iifname "{{name}}" ct state established,related accept
            iifname "{{name}}" drop
          }
          chain forward {
            type filter hook forward priority -10; policy accept;
            iifname "{{name}}" oifname "{{name}}" drop
            iifname "{{name}}" ip saddr != {{range}} drop
            iifname "{{name}}" ip daddr 169.254.0.0/16 drop
            oifname "{{name}}" ct state established,related accept
            oifname "{{name}}" drop
          }
          chain postrouting {
            type nat hook postrouting priority srcnat; policy accept;
            ip saddr {{range}} oifname != "{{name}}" masquerade
          }
        }
        """;

    public static string Delete(string name) =>
        $$"""
        table inet {{name}} {}
        delete table inet {{name}}
        """;
}
