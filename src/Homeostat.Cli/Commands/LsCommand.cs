using System.CommandLine;
using Homeostat.Cli.Output;
using Homeostat.Client.Wire;

namespace Homeostat.Cli.Commands;

/// <summary><c>homeostat ls</c>: services at a glance.</summary>
internal static class LsCommand
{
    public static Command Build(Terminal terminal, GlobalOptions globals)
    {
        var watch = new Option<bool>("--watch", "-w") { Description = "Show again every second" };
        var command = new Command("ls", "Lists services: where they are, how awake, how many instances") { watch };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = globals.Connect(parsed);
            return await Watch.RunAsync(terminal, parsed.GetValue(watch), async () =>
            {
                var services = await client.ServicesAsync(globals.Tenant(parsed), cancel);
                if (globals.Json(parsed))
                {
                    JsonOutput.Write(terminal, services);
                    return;
                }
                if (services.Count == 0)
                {
                    terminal.Out.WriteLine(globals.Tenant(parsed) is { } tenant ? Nobodys(tenant, await client.ServicesAsync(null, cancel)) : "No services yet. Apply one: homeostat apply -f service.yaml");
                    return;
                }
                Show(terminal, services);
            }, cancel);
        });
        return command;
    }

    private static string Nobodys(string tenant, List<ServiceSummary> all) => all.Count == 0
        ? $"No services of tenant {tenant}, nor of any other."
        : $"No services of tenant {tenant}. Tenants with services: {string.Join(", ", all.Select(s => s.Tenant).Distinct().Order(StringComparer.Ordinal))}.";

    private static void Show(Terminal terminal, List<ServiceSummary> services)
    {
        var tenants = services.Exists(s => s.Tenant != "default");
        TextColumn[] columns =
        [
            new("SERVICE", Shrinks: true), .. tenants ? new[] { new TextColumn("TENANT", Shrinks: true) } : [], new("TIER"), new("INST", Right: true),
            new("MIN-MAX", Right: true, Spare: 1), new("REV", Right: true, Spare: 2), new("BUSY", Right: true), new("MEMORY", Right: true), new("IMAGES", Right: true, Spare: 3),
            new("ROUTES", Shrinks: true),
        ];
        var table = new TextTable(columns);
        foreach (var s in services)
        {
            var busy = s.Waiting > 0 ? $"{s.InFlight}+{s.Waiting}" : $"{s.InFlight}";
            table.Row(
            [
                s.Service, .. tenants ? new TextCell[] { s.Tenant } : [], new TextCell(s.Tier, Paint.OfTier(s.Tier)), $"{s.Instances}", $"{s.Min}-{s.Max}", $"{s.Revision}", busy,
                Human.Size(s.MemoryBytes), Human.Size(s.ImageBytes), s.Routes.Count > 1 && terminal.Width is not null ? $"{s.Routes[0]} +{s.Routes.Count - 1}" : string.Join(", ", s.Routes),
            ]);
        }
        table.WriteTo(terminal);
    }
}
