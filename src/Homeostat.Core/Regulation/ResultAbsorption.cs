using Homeostat.Core.Runtime;

namespace Homeostat.Core.Regulation;

/// <summary>Turns the results of commands into back-offs.</summary>
internal static class ResultAbsorption
{
    public static void Plan(PlanBuilder plan)
    {
        if (plan.Memory.Revision != plan.Input.Current.Id)
        {
            plan.Memory = plan.Memory with
            {
                Revision = plan.Input.Current.Id,
                Starts = BackOff.None,
                Images = BackOff.None,
                Pauses = BackOff.None,
                Resizes = BackOff.None,
                Held = null,
            };
        }

        foreach (var result in plan.Input.Results)
        {
            if (result.Failure is { } failure)
            {
                Failed(plan, result.Command, failure);
            }
            else
            {
                Succeeded(plan, result.Command);
            }
        }
    }

    private static void Succeeded(PlanBuilder plan, RegulatorCommand command)
    {
        plan.Memory = command switch
        {
            RegulatorCommand.Start { Way: not StartWay.Cold } or RegulatorCommand.Wake { From: Tier.Image } or RegulatorCommand.Sleep { To: Tier.Image } =>
                plan.Memory with { Images = BackOff.None },
            RegulatorCommand.Sleep => plan.Memory with { Pauses = BackOff.None },
            RegulatorCommand.Stop or RegulatorCommand.Forget => plan.Memory with { Stops = BackOff.None },
            RegulatorCommand.Resize => plan.Memory with { Resizes = BackOff.None },
            _ => plan.Memory,
        };
    }

    private static void Failed(PlanBuilder plan, RegulatorCommand command, Failure failure)
    {
        // Not failures of the service: it was overtaken, or is gone; the next look shows what is.
        if (failure.Kind is FailureKind.Cancelled or FailureKind.Superseded)
        {
            return;
        }

        switch (command)
        {
            case RegulatorCommand.Start { Way: not StartWay.Cold } start when IsOfImages(failure):
                FailImages(plan, start, failure, $"the {Name(start.Way)} failed: {failure.Message}");
                break;
            case RegulatorCommand.Start start:
                FailStart(plan, start, failure);
                break;
            case RegulatorCommand.Prepare prepare:
                FailStart(plan, prepare, failure);
                break;
            case RegulatorCommand.Wake { From: Tier.Image } wake when IsOfImages(failure):
                FailImages(plan, wake, failure, $"the restore failed: {failure.Message}");
                break;
            case RegulatorCommand.Wake { From: Tier.Image } wake:
                FailStart(plan, wake, failure);
                break;
            case RegulatorCommand.Wake wake:
                // A frozen program that can't be thawed is of no use; the look that follows finds it ended, or stops it here.
                plan.Record("hold", $"the thaw failed: {failure.Message}", "failure", wake.Id, failure: failure);
                StopIfThere(plan, wake);
                break;
            case RegulatorCommand.Sleep { To: Tier.Image } sleep:
                plan.DumpFailedNow = failure;
                FailImages(plan, sleep, failure, $"the dump failed: {failure.Message}");
                break;
            case RegulatorCommand.Sleep sleep:
                plan.Memory = plan.Memory with { Pauses = plan.Memory.Pauses.Fail(plan.Now, failure, plan.Input.Jitter, BackOffSchedule.Pauses) };
                plan.Record("hold", $"{sleep.To} failed: {failure.Message}", "failure", sleep.Id, plan.Memory.Pauses.Until, failure);
                break;
            case RegulatorCommand.Resize resize:
                plan.Memory = plan.Memory with { Resizes = plan.Memory.Resizes.Fail(plan.Now, failure, plan.Input.Jitter, BackOffSchedule.Pauses) };
                plan.Record("hold", $"its limits stay: {failure.Message}", "failure", resize.Id, plan.Memory.Resizes.Until, failure);
                break;
            case RegulatorCommand.MakeTemplate make:
                FailImages(plan, make, failure, $"no template: {failure.Message}");
                break;
            default:
                plan.Memory = plan.Memory with { Stops = plan.Memory.Stops.Fail(plan.Now, failure, plan.Input.Jitter, BackOffSchedule.Stops) };
                plan.Record("hold", $"the removal failed: {failure.Message}", "failure", command.About, plan.Memory.Stops.Until, failure);
                break;
        }
    }

    /// <summary>The image is to blame, a cold start may work.</summary>
    private static bool IsOfImages(Failure failure) => failure.Kind is not (FailureKind.NoAddress or FailureKind.NoSpace);

    private static void FailImages(PlanBuilder plan, RegulatorCommand command, Failure failure, string reason)
    {
        plan.Memory = plan.Memory with { Images = plan.Memory.Images.Fail(plan.Now, failure, plan.Input.Jitter, BackOffSchedule.Images) };
        plan.Record("hold", $"{reason}; images are tried again later", "failure", command.About, plan.Memory.Images.Until, failure);
    }

    private static void FailStart(PlanBuilder plan, RegulatorCommand command, Failure failure)
    {
        plan.StartFailedNow = failure;
        plan.Memory = plan.Memory with { Starts = plan.Memory.Starts.Fail(plan.Now, failure, plan.Input.Jitter, BackOffSchedule.Start) };
        plan.Record("hold", $"the start failed: {failure.Message}", "failure", command.About, plan.Memory.Starts.Until, failure);
    }

    private static void StopIfThere(PlanBuilder plan, RegulatorCommand.Wake wake)
    {
        if (plan.Input.Instances.FirstOrDefault(i => i.Id == wake.Id) is { Exit: null, Operation: null, Tier: Tier.Frozen or Tier.PagedOut })
        {
            plan.Command(new RegulatorCommand.Stop(wake.Id, TimeSpan.Zero, Force: true));
        }
    }

    private static string Name(StartWay way) => way == StartWay.Spare ? "parked spare" : "clone";
}
