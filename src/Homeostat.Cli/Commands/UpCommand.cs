using System.CommandLine;
using Homeostat.Cli.Output;
using Homeostat.Client;
using Homeostat.Server.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Homeostat.Cli.Commands;

/// <summary><c>homeostat up</c>: the platform, in the foreground.</summary>
internal static class UpCommand
{
    public static Command Build(Terminal terminal, GlobalOptions globals)
    {
        var listen = new Option<string[]>("--listen") { Description = "Where the gateway listens; several are allowed (default 127.0.0.1:8080)", HelpName = "ADDRESS:PORT" };
        var admin = new Option<string?>("--admin") { Description = "Where the management API listens besides its unix socket (default 127.0.0.1:8081)", HelpName = "ADDRESS:PORT|none" };
        var driver = new Option<string?>("--driver") { Description = "oci runs containers; fake imitates them, for trying where containers can't run (default oci)", HelpName = "oci|fake" };
        var addresses = new Option<string?>("--addresses") { Description = "IPv4 range of the instances (default: a free /20)", HelpName = "RANGE" };
        var pool = new Option<int?>("--pool-cells") { Description = "Containers kept prepared for each service, 0..64 (default 1)", HelpName = "COUNT" };
        var sleeping = new Option<int?>("--sleeping-cells") { Description = "Containers kept for sleeping instances, 0..4096 (default 128)", HelpName = "COUNT" };
        var memory = new Option<string?>("--image-memory") { Description = "Memory for process images; more go to disk (default 512Mi)", HelpName = "SIZE" };
        var cpu = new Option<string?>("--cpu-capacity") { Description = "Cores that the services share (default: the host's)", HelpName = "CORES" };
        var memoryCapacity = new Option<string?>("--memory-capacity") { Description = "Memory that the services share (default: 90% of the host's)", HelpName = "SIZE" };
        var tenants = new Option<string[]>("--tenant") { Description = "What a tenant's services may hold together; several are allowed", HelpName = "NAME:cpu=2,memory=2Gi,instances=20" };
        var stop = new Option<string?>("--stop-timeout") { Description = "How long a clean stop may take (default 30s)", HelpName = "TIME" };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Log more" };
        var command = new Command("up", "Runs the platform in the foreground; Ctrl-C stops it and everything it runs") { listen, admin, driver, addresses, pool, sleeping, memory, cpu, memoryCapacity, tenants, stop, verbose };
        command.SetAction(async (parsed, cancel) =>
        {
            var data = parsed.GetValue(globals.Data) ?? Environment.GetEnvironmentVariable("HOMEOSTAT_DATA");
            var (options, errors) = PlatformOptionsParser.Parse(new PlatformArguments(
                data, parsed.GetValue(listen), parsed.GetValue(admin), parsed.GetValue(driver), parsed.GetValue(addresses), parsed.GetValue(pool),
                parsed.GetValue(memory), parsed.GetValue(stop), parsed.GetValue(verbose), parsed.GetValue(sleeping), parsed.GetValue(cpu), parsed.GetValue(memoryCapacity), parsed.GetValue(tenants)));
            if (options is null)
            {
                foreach (var error in errors)
                {
                    terminal.Error(error, null);
                }
                return ExitCodes.Usage;
            }
            return await RunAsync(terminal, InheritedSockets.Replace(options), cancel);
        });
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, PlatformOptions options, CancellationToken cancel)
    {
        using var logs = LoggerFactory.Create(log => Configure(log, options.Verbose));
        using var signals = new StopSignals(cancel);
        try
        {
            if (RootlessStart.IsNeeded(options))
            {
                RootlessStart.Enter(options);
            }
            var platform = await Platform.StartAsync(options, TimeProvider.System, logs, signals.Stop);
            Greet(terminal, options, platform);
            // Goes on off the handler's thread: a handler returns at once.
            var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using (signals.Stop.Register(stopped.SetResult))
            {
                await stopped.Task;
            }
            terminal.Out.WriteLine("stopping: requests finish, instances go to sleep (again Ctrl-C: leave them running and exit)");
            var left = await TellWhileAsync(terminal, platform.StopAsync(signals.Hurry), () => platform.Doing);
            foreach (var sentence in left.Said)
            {
                terminal.Out.WriteLine(sentence);
            }
            terminal.Out.WriteLine(Goodbye(left));
            return ExitCodes.Ok;
        }
        catch (PlatformException e)
        {
            terminal.Error(e.Message, e.Remedy);
            return e.Conflict ? ExitCodes.Conflict : ExitCodes.Failure;
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            // Interrupted while it started: everything begun was undone.
            return ExitCodes.Ok;
        }
    }

    /// <summary>What is being done, each second in which it is something else: whoever stops a platform that takes long knows what for.</summary>
    internal static async Task<T> TellWhileAsync<T>(Terminal terminal, Task<T> work, Func<string> doing)
    {
        using var every = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var told = ""; await Task.WhenAny(work, every.WaitForNextTickAsync().AsTask()) != work;)
        {
            if (doing() is var now && now != told)
            {
                terminal.Out.WriteLine($"  {now}");
                told = now;
            }
        }
        return await work;
    }

    /// <summary>What stays is said: it is there until the next start or for ever.</summary>
    internal static string Goodbye(StopReport left)
    {
        var asleep = left.Asleep == 0 ? "" : $"; {Count(left.Asleep)} asleep as {(left.Asleep == 1 ? "an image" : "images")} in {left.Data}, for the next start";
        return left.Running == 0
            ? $"stopped{asleep}"
            : $"stopped before all was done: {Count(left.Running)} left running, taken up by the next start{asleep}";

        static string Count(int count) => count == 1 ? "1 instance" : $"{count} instances";
    }

    /// <summary>The line that scripts wait for, and one for people who are here for the first time.</summary>
    private static void Greet(Terminal terminal, PlatformOptions options, Platform platform)
    {
        var admin = platform.Admin is { } endpoint ? $", admin http://{endpoint}" : "";
        terminal.Out.WriteLine($"{terminal.OutPaint("ready", Paint.Green)} {string.Join(" ", platform.Gateway.Select(e => $"http://{e}"))}{admin}");
        foreach (var reduction in platform.Reduced)
        {
            terminal.Out.WriteLine($"{terminal.OutPaint("less", Paint.Yellow)}: {InShort(reduction)}");
        }
        if (platform.Reduced.Count > 0)
        {
            terminal.Out.WriteLine("      homeostat doctor says why, and what would mend it");
        }
        terminal.Out.WriteLine("next: homeostat apply -f service.yaml; homeostat ls; homeostat doctor");
        if (options.Data != ServerAddress.DefaultData())
        {
            terminal.Out.WriteLine($"      in other shells first: export HOMEOSTAT_DATA={options.Data}");
        }
    }

    /// <summary>Of <c>name: what is less: why</c> the middle.</summary>
    internal static string InShort(string reduction) => reduction.Split(": ") is [_, var what, ..] ? what : reduction;

    private static void Configure(ILoggingBuilder log, bool verbose)
    {
        log.SetMinimumLevel(verbose ? LogLevel.Debug : LogLevel.Warning).AddFilter("Microsoft", LogLevel.Warning);
        log.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
        });
        log.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}
