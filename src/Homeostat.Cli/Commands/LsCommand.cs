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
                Show(terminal, services);
            }, cancel);
        });
        return command;
    }

    private static void Show(Terminal terminal, List<ServiceSummary> services)
    {
        if (services.Count == 0)
        {
            terminal.Out.WriteLine("No services yet. Apply one: homeostat apply -f service.yaml");
            return;
        }
        var tenants = services.Exists(s => s.Tenant != "default");
        TextColumn[] columns =
        [
            new("SERVICE", Shrinks: true), .. tenants ? new[] { new TextColumn("TENANT", Shrinks: true) } : [], new("TIER"), new("INST", Right: true),
            new("MIN-MAX", Right: true), new("REV", Right: true), new("BUSY", Right: true), new("MEMORY", Right: true), new("IMAGES", Right: true), new("ROUTES", Shrinks: true),
        ];
        var table = new TextTable(columns);
        foreach (var s in services)
        {
            var busy = s.Waiting > 0 ? $"{s.InFlight}+{s.Waiting}" : $"{s.InFlight}";
            table.Row(
            [
                s.Service, .. tenants ? new TextCell[] { s.Tenant } : [], new TextCell(s.Tier, Paint.OfTier(s.Tier)), $"{s.Instances}", $"{s.Min}-{s.Max}", $"{s.Revision}", busy,
                Human.Size(s.MemoryBytes), Human.Size(s.ImageBytes), string.Join(", ", s.Routes),
            ]);
        }
        table.WriteTo(terminal);
    }
}
