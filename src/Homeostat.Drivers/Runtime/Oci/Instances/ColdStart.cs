using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Keeper;
using Homeostat.Drivers.Runtime.Oci.Logs;
using Homeostat.Drivers.Runtime.Oci.Readiness;

namespace Homeostat.Drivers.Runtime.Oci.Instances;

/// <summary>Executes a revision's program in an empty cell and waits until it is ready.</summary>
internal static class ColdStart
{
    public static async Task<(int? Pid, Reach? Reach, Failure? Failure)> RunAsync(
        Cell cell, ServiceSpec spec, IReadOnlyList<string> environment, InstanceId id, string logDirectory, Phases phases, TimeProvider time, CancellationToken cancel)
    {
        Directory.CreateDirectory(logDirectory);
        var answer = await cell.Keeper.StartAsync(
            new ProgramStart(spec.Command, environment, spec.Workdir, logDirectory), cancel);
        if (!answer.Ok)
        {
            return (null, null, Refused(spec, answer));
        }

        phases.Mark("exec");
        var (reach, failure) = await new ReadyWaiter(cell, spec, new LogFiles(id, logDirectory), time).WaitAsync(phases, cancel);
        if (failure is { Kind: FailureKind.ProgramExited } && cell.Keeper.Exited.IsCompleted)
        {
            failure = failure with { Remedy = (await cell.Keeper.Exited).RemedyFor(spec.Service) };
        }

        return (answer.Pid, reach, failure);
    }

    private static Failure Refused(ServiceSpec spec, KeeperAnswer answer) => (answer.Kind, answer.Reason.Split(':')[0]) switch
    {
        ("program", "exec") => new(
            FailureKind.CommandNotFound,
            $"{spec.Command[0]} can't be executed in the container ({answer.Reason})",
            "check command, rootfs and mounts; a script needs its interpreter in the container"),
        ("program", "cwd") => new(
            FailureKind.CommandNotFound, $"the working directory {spec.Workdir} can't be entered ({answer.Reason})", "check workdir, rootfs and mounts"),
        _ => new(FailureKind.Environment, $"the program could not be started: {answer.Reason}"),
    };
}
